import { expect, test } from 'vitest';
import { FieldError } from '../detect/row.ts';
import { readSeries, writeCell } from './series.ts';

test.each([
  ['H1,1,2.5,-3', 'H1', [1, 2.5, -3]],
  ['"H1","1",2', 'H1', [1, 2]],
  ['H1,1,,NaN,4,,,', 'H1', [1, Number.NaN, Number.NaN, 4]],
  ['"a,""b""",7', 'a,"b"', [7]],
])('%s', (line, id, values) => {
  const series = readSeries(line);
  expect(series.id).toBe(id);
  expect([...series.values]).toEqual(values);
  expect(readSeries(`${writeCell(id)},1`).id).toBe(id);
});

test.each([
  ['', 'id'],
  [',1,2', 'id'],
  ['H1', 'v1'],
  ['H1,,', 'v1'],
  ['H1,1,x', 'v2'],
  ['H1,1,Infinity', 'v2'],
  ['"H1"x,1', 'id'],
  ['"H1,1', 'id'],
])('“%s” is refused for its %s', (line, field) => {
  expect(() => readSeries(line)).toThrow(FieldError);
  expect(() => readSeries(line)).toThrow(field);
});

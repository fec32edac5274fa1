import fc from 'fast-check';
import { showNumber } from '@openmanager/store/contract';
import { expect, test } from 'vitest';
import { matrixJson } from './json.ts';

function shown(values: readonly number[], labels = new Map<string, string>()): unknown {
  const series = {
    labels,
    values: Float64Array.from(values),
    present: new Uint8Array(values.length).fill(1),
  };
  const times = Float64Array.from(values, (_, at) => 1_764_547_200_000 + at * 1500);
  return JSON.parse(new TextDecoder().decode(matrixJson([series], times)));
}

test('numbers are written as the shortest text of each', () => {
  const number = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.integer().map((whole) => whole / 1e4),
    fc.integer().map((whole) => whole / 1e6),
    fc.constantFrom(
      0,
      -0,
      Infinity,
      -Infinity,
      Number.NaN,
      1e21,
      5e-324,
      1.7e308,
      999_999_999.999999,
    ),
  );
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 50 }), (values) => {
      expect(shown(values)).toMatchObject({
        result: [
          { values: values.map((value, at) => [1_764_547_200 + at * 1.5, showNumber(value)]) },
        ],
      });
    }),
  );
});

test('answers longer than the first piece of memory, and labels of any text', () => {
  const labels = new Map([['a "b"', '서울 \\ 😀']]);
  const values = Array.from({ length: 11_000 }, (_, at) => at + 0.1 + 0.2);
  expect(shown(values, labels)).toMatchObject({
    result: [{ metric: { 'a "b"': '서울 \\ 😀' }, values: values.map(() => expect.anything()) }],
  });
});

import type { History, Outlook } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import { interpolated, outlookColumns } from './outlook-columns.ts';

const history: History = {
  keys: ['a'],
  timesMs: [10, 20, 30],
  columns: [[1, null, 3]],
  stepMs: 10,
};
const outlook: Outlook = {
  band: { timesMs: [0, 40], lower: [0, 4], upper: [10, null] },
  anomalies: [],
  forecast: {
    hostId: 'h',
    key: 'a',
    madeMs: 25,
    stepMs: 10,
    startMs: 30,
    mean: [5, 6, 7],
    intervals: [
      { level: 50, lower: [4, 5, 6], upper: [6, 7, 8] },
      { level: 95, lower: [1, 2, 3], upper: [8, 9, 10] },
    ],
    models: [],
    trend: null,
    capacity: null,
    grade: null,
  },
  refusal: null,
};

test('samples, band and fan share a time axis; the fan opens at the newest sample', () => {
  const { timesMs, columns, bands, nowMs } = outlookColumns(history, outlook);
  // A time without a sample is no row; what was forecast for the past is not drawn again.
  expect(timesMs).toEqual([10, 30, 40, 50]);
  expect(nowMs).toBe(30);
  expect(columns.map(({ role, level, values }) => [role, level, ...values])).toEqual([
    ['value', undefined, 1, 3, null, null],
    ['lower', undefined, 1, 3, null, null],
    ['upper', undefined, null, null, null, null],
    ['forecast', undefined, null, 3, 6, 7],
    ['from', 50, null, 3, 5, 6],
    ['to', 50, null, 3, 7, 8],
    ['from', 95, null, 3, 2, 3],
    ['to', 95, null, 3, 9, 10],
  ]);
  expect(bands.map(({ lower, upper }) => [columns[lower]?.role, columns[upper]?.role])).toEqual([
    ['lower', 'upper'],
    ['from', 'to'],
    ['from', 'to'],
  ]);
});

test('each part may be missing', () => {
  expect(outlookColumns(null, null)).toMatchObject({ timesMs: [], nowMs: undefined, bands: [] });
  expect(outlookColumns(null, outlook).timesMs).toEqual([30, 40, 50]);
  expect(outlookColumns(history, { ...outlook, forecast: null }).columns).toHaveLength(3);
});

test('values between two times lie on a line, and beside nothing there is nothing', () => {
  expect(interpolated([0, 10, 20], [0, 10, null], [-1, 0, 5, 10, 15, 20, 21])).toEqual([
    null,
    0,
    5,
    10,
    null,
    null,
    null,
  ]);
});

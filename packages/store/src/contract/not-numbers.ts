/**
 * Samples that are NaN. In rows and chunks NaN says that a series has no sample at a time, so those that are NaN
 * themselves are kept in a series beside their own, 1 at each of their times. It is read with its series, and never
 * listed.
 */
import type { ExportedRows } from './series-history.ts';

const SUFFIX = '\u0000nan';

/** Key of the series that has the times at which `key` is NaN. */
export function notNumbersOf(key: string): string {
  return key + SUFFIX;
}

export function isNotNumbers(key: string): boolean {
  return key.endsWith(SUFFIX);
}

/** The series that such a key stands beside. */
export function besideOf(key: string): string {
  return key.slice(0, -SUFFIX.length);
}

/** Each sample of exported rows, row by row. */
export function* samplesOf({
  keys,
  timesMs,
  columns,
  notNumbers,
}: ExportedRows): Generator<readonly [row: number, place: number, value: number], void> {
  const nans = new Set(notNumbers);
  for (let row = 0; row < timesMs.length; row++)
    for (let place = 0; place < keys.length; place++) {
      const value = columns[place]?.[row] ?? Number.NaN;
      if (!Number.isNaN(value) || nans.has(row * keys.length + place)) yield [row, place, value];
    }
}

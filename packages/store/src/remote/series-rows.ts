/** Rows as series under their exposed names. */
import type { Rows } from '../contract/metric-store.ts';
import { hostLabels } from '../contract/exposed-names.ts';
import { besideOf, isNotNumbers } from '../contract/not-numbers.ts';
import type { WrittenSeries } from './write-request.ts';

/** One entry per key with a sample, its samples in order of time. */
export function seriesRows(
  hostId: string,
  instance: string,
  {
    keys,
    timesMs,
    columns,
  }: Pick<Rows, 'keys' | 'columns'> & { readonly timesMs: ArrayLike<number> },
): { readonly series: readonly WrittenSeries[]; readonly samples: number } {
  const order = Array.from({ length: timesMs.length }, (_, row) => row).sort(
    (a, b) => (timesMs[a] as number) - (timesMs[b] as number),
  );
  const series: WrittenSeries[] = [];
  let samples = 0;
  for (const [place, key] of keys.entries()) {
    const column = columns[place];
    const rows = order.filter((row) => !Number.isNaN(column?.[row] ?? Number.NaN));
    if (rows.length === 0) continue;
    samples += rows.length;
    series.push({
      labels: hostLabels(hostId, instance, isNotNumbers(key) ? besideOf(key) : key),
      timesMs: rows.map((row) => timesMs[row] as number),
      values: rows.map((row) => (isNotNumbers(key) ? Number.NaN : (column?.[row] as number))),
    });
  }
  return { series, samples };
}

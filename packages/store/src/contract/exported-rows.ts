/** Series of one host as rows of an export. */
import type { ExportedRows, SelectedSeries } from './series-history.ts';

export function exportedRows(hostId: string, series: readonly SelectedSeries[]): ExportedRows {
  const timesMs = Float64Array.from(new Set(series.flatMap((one) => [...one.timesMs]))).sort();
  const rowOf = new Map(Array.from(timesMs, (time, row) => [time, row]));
  const notNumbers: number[] = [];
  const columns = series.map((one, place) => {
    const column = new Float64Array(timesMs.length).fill(Number.NaN);
    for (const [index, time] of one.timesMs.entries()) {
      const row = rowOf.get(time) as number;
      const value = one.last[index] as number;
      column[row] = value;
      if (Number.isNaN(value)) notNumbers.push(row * series.length + place);
    }
    return column;
  });
  return { hostId, keys: series.map(({ key }) => key), timesMs, columns, notNumbers };
}

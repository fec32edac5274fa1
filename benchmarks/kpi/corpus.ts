/** Reads the KPIs of the AIOps challenge 2018, one file per KPI, from `kpi/*.csv[.gz]` or the repository's big files. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from '../nab/corpus.ts';

export interface Kpi {
  readonly name: string;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  readonly labels: Uint8Array;
}

interface Row {
  readonly timeMs: number;
  readonly value: number;
  readonly label: number;
}

/** Columns are found by their header; a `KPI ID` column splits a file into several KPIs. */
function parse(name: string, text: string, into: Map<string, Row[]>): void {
  const [header = '', ...lines] = text.split(/\r?\n/);
  const columns = header.split(',').map((column) => column.trim());
  const [time, value, label, id] = ['timestamp', 'value', 'label', 'KPI ID'].map((column) =>
    columns.indexOf(column),
  ) as [number, number, number, number];
  if (time < 0 || value < 0 || label < 0) return;
  for (const line of lines) {
    if (line === '') continue;
    const cells = line.split(',');
    const key = (id < 0 ? undefined : cells[id]) ?? name;
    let rows = into.get(key);
    if (rows === undefined) into.set(key, (rows = []));
    rows.push({
      timeMs: Number(cells[time]) * 1000,
      value: Number(cells[value]),
      label: Number(cells[label]),
    });
  }
}

/** All KPIs with labels, in the order of their names, rows by time. */
export function readKpis(folder: string): Kpi[] {
  const root = existsSync(join(folder, 'kpi')) ? join(folder, 'kpi') : folder;
  const rows = new Map<string, Row[]>();
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' });
  for (const path of paths.filter((one) => /\.csv(\.gz)?$/.test(one)).toSorted())
    parse(path.replace(/\.csv(\.gz)?$/, ''), readText(join(root, path)), rows);
  if (rows.size === 0) throw new Error(`${folder} has no csv file with timestamp, value and label`);
  return [...rows]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, all]) => {
      const sorted = all.toSorted((a, b) => a.timeMs - b.timeMs);
      return {
        name,
        timesMs: Float64Array.from(sorted, (row) => row.timeMs),
        values: Float64Array.from(sorted, (row) => row.value),
        labels: Uint8Array.from(sorted, (row) => row.label),
      };
    });
}

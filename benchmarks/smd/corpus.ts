/**
 * Reads machines with many metrics and labels:
 *  – `smd/*.csv[.gz]` or `asd/*.csv[.gz]` with the columns part (train, test), label, m00, m01, …;
 *  – the layout of OmniAnomaly's ServerMachineDataset: `train/NAME.txt`, `test/NAME.txt`, `test_label/NAME.txt`,
 *    comma separated numbers without a header.
 * Where there is `NAME.interpretation.txt` beside the csv file, or `interpretation_label/NAME.txt`, it says which metrics
 * an event was in: `first-last:1,4,7`, rows from the start of the test part, metrics from 1.
 * Pickles (InterFusion's data/processed) are Python objects and are not read.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from '../nab/corpus.ts';

/** Metrics an event of the test part was in. */
export interface Cause {
  readonly first: number;
  readonly last: number;
  readonly metrics: ReadonlySet<number>;
}

export interface Machine {
  readonly name: string;
  readonly metrics: number;
  readonly rows: number;
  /** First row of the test part. */
  readonly testFrom: number;
  /** Row by row. */
  readonly values: Float64Array;
  /** Of the test part, 0 or 1. */
  readonly labels: Uint8Array;
  /** Empty where nothing says so. */
  readonly causes: readonly Cause[];
}

export type Corpus = 'smd' | 'asd';

function numbersOf(lines: readonly string[]): { metrics: number; values: Float64Array } {
  const metrics = (lines[0] ?? '').split(',').length;
  const values = new Float64Array(lines.length * metrics);
  for (const [row, line] of lines.entries()) {
    const cells = line.split(',');
    if (cells.length !== metrics) throw new Error(`row ${row + 1} has ${cells.length} values`);
    for (const [column, cell] of cells.entries()) values[row * metrics + column] = Number(cell);
  }
  return { metrics, values };
}

function linesOf(path: string): string[] {
  return readText(path)
    .split(/\r?\n/)
    .filter((line) => line !== '');
}

function readCauses(path: string): Cause[] {
  if (!existsSync(path)) return [];
  return linesOf(path).map((line) => {
    const match = /^(\d+)-(\d+):([\d,]+)$/.exec(line.trim());
    if (!match) throw new Error(`${path}: cannot read “${line}”`);
    const [, first, last, metrics = ''] = match;
    return {
      first: Number(first),
      last: Number(last),
      metrics: new Set(metrics.split(',').map((metric) => Number(metric) - 1)),
    };
  });
}

function readCsv(name: string, path: string): Machine {
  const [header = '', ...lines] = linesOf(path);
  if (!header.startsWith('part,label,'))
    throw new Error(`${path}: the header does not begin with part,label`);
  const found = lines.findIndex((line) => line.startsWith('test,'));
  const testFrom = found < 0 ? lines.length : found;
  const rest = lines.map((line) => line.slice(line.indexOf(',') + 1));
  const labels = Uint8Array.from(rest.slice(testFrom), (line) => (line.startsWith('1') ? 1 : 0));
  const { metrics, values } = numbersOf(rest.map((line) => line.slice(line.indexOf(',') + 1)));
  const causes = readCauses(path.replace(/\.csv(\.gz)?$/, '.interpretation.txt'));
  return { name, metrics, rows: lines.length, testFrom, values, labels, causes };
}

function readTexts(name: string, root: string): Machine {
  const [train, test, marks] = ['train', 'test', 'test_label'].map((folder) =>
    linesOf(join(root, folder, `${name}.txt`)),
  ) as [string[], string[], string[]];
  if (marks.length !== test.length)
    throw new Error(`${name}: ${test.length} rows, ${marks.length} labels`);
  const { metrics, values } = numbersOf([...train, ...test]);
  return {
    name,
    metrics,
    rows: train.length + test.length,
    testFrom: train.length,
    values,
    labels: Uint8Array.from(marks, Number),
    causes: readCauses(join(root, 'interpretation_label', `${name}.txt`)),
  };
}

/** Machines in the order of their names. */
export function readMachines(folder: string, corpus: Corpus): Machine[] {
  for (const root of [join(folder, corpus), folder, join(folder, 'ServerMachineDataset')]) {
    if (!existsSync(root)) continue;
    const files = readdirSync(root).toSorted();
    const csv = files.filter((file) => /\.csv(\.gz)?$/.test(file));
    if (csv.length > 0)
      return csv.map((file) => readCsv(file.replace(/\.csv(\.gz)?$/, ''), join(root, file)));
    if (files.includes('test_label'))
      return readdirSync(join(root, 'test_label'))
        .filter((file) => file.endsWith('.txt'))
        .toSorted()
        .map((file) => readTexts(file.slice(0, -4), root));
  }
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const pickles = found.some((file) => file.endsWith('.pkl'));
  throw new Error(
    `${folder} has neither ${corpus}/*.csv[.gz] with part,label,m00,… nor train, test and test_label with *.txt${pickles ? '; pickles are not read, write them as one of these' : ''}`,
  );
}

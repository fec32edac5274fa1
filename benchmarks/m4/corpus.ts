/** Reads the hourly series of the M4 competition: training and test part, one series per line, `id,v1,v2,…`. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readText } from '../nab/corpus.ts';

export interface M4Series {
  readonly id: string;
  readonly train: Float64Array;
  /** What came: 48 values. */
  readonly test: Float64Array;
}

/** The competition's own files have a header V1, V2, …; ids and values may be quoted. */
function parse(text: string): Map<string, Float64Array> {
  const rows = text.split(/\r?\n/).map((line) => line.replaceAll('"', '').split(','));
  return new Map(
    rows
      .filter(([id = '']) => id !== '' && id !== 'V1')
      .map(([id = '', ...cells]) => [
        id,
        Float64Array.from(
          cells.filter((cell) => cell !== ''),
          Number,
        ),
      ]),
  );
}

/** `Hourly-train.csv` and `Hourly-test.csv`, or `hourly-train-….csv.gz`, anywhere below the folder. */
export function readM4(folder: string): M4Series[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  const [train, test] = ['train', 'test'].map((part) => {
    const wanted = new RegExp(`^hourly-${part}.*\\.csv(\\.gz)?$`, 'i');
    const path = paths.find((one) => wanted.test(basename(one)));
    if (path === undefined) throw new Error(`${folder} has no hourly-${part}*.csv or .csv.gz`);
    return parse(readText(join(folder, path)));
  }) as [Map<string, Float64Array>, Map<string, Float64Array>];
  return [...train].map(([id, values]) => {
    const came = test.get(id);
    if (came === undefined) throw new Error(`${id} is in the training part only`);
    return { id, train: values, test: came };
  });
}

/** Reads NAB's files and windows, from its repository or from a folder with `nab/windows.json` and gzipped files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface NabFile {
  /** `category/name.csv` */
  readonly name: string;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  /** First and last row of each window, both inside. */
  readonly windows: readonly (readonly [first: number, last: number])[];
}

type Limits = Readonly<Record<string, readonly (readonly [string, string])[]>>;

function parse(name: string, text: string, limits: Limits[string]): NabFile {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const stamps = lines.slice(1).map((line) => line.slice(0, line.indexOf(',')));
  const rowOf = (time: string): number => {
    const row = stamps.indexOf(time.slice(0, 19));
    if (row < 0) throw new Error(`${name}: no row at the window limit ${time}`);
    return row;
  };
  return {
    name,
    timesMs: Float64Array.from(stamps, (stamp) => Date.parse(`${stamp.replace(' ', 'T')}Z`)),
    values: Float64Array.from(lines.slice(1), (line) => Number(line.slice(line.indexOf(',') + 1))),
    windows: limits.map(([first, last]) => [rowOf(first), rowOf(last)] as const),
  };
}

export function readText(path: string): string {
  return path.endsWith('.gz')
    ? gunzipSync(readFileSync(path)).toString()
    : readFileSync(path, 'utf8');
}

/** All files that have windows listed (an empty list counts), in the order of their names. */
export function readNab(folder: string): NabFile[] {
  const places = [
    { root: join(folder, 'nab'), windows: join(folder, 'nab', 'windows.json') },
    { root: folder, windows: join(folder, 'windows.json') },
    { root: join(folder, 'data'), windows: join(folder, 'labels', 'combined_windows.json') },
  ];
  const place = places.find(({ windows }) => existsSync(windows));
  if (place === undefined)
    throw new Error(`${folder} has neither windows.json nor labels/combined_windows.json`);
  const limits = JSON.parse(readFileSync(place.windows, 'utf8')) as Limits;
  return readdirSync(place.root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.csv(\.gz)?$/.test(path))
    .toSorted()
    .flatMap((path) => {
      const name = path.replace(/\.gz$/, '').replaceAll('\\', '/');
      const own = limits[name];
      return own === undefined ? [] : [parse(name, readText(join(place.root, path)), own)];
    });
}

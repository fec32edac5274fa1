/** OpenMetrics text into history. Samples are gathered, bounded, and stored host by host. */
import { seriesKey, seriesSetId } from '@openmanager/protocol';
import type { ImportReport, SeriesHistory } from '../contract/series-history.ts';
import { StoreError } from '../contract/store-error.ts';
import type { RecordStore } from '../contract/records.ts';
import { JOB, knownAttribute, knownMetric } from '../contract/exposed-names.ts';
import { MAX_LINE_LENGTH, readLine, type ReadSample } from './openmetrics-line.ts';

/** Collection of the hosts that came by import: `{instance}` by host id. */
export const IMPORTED_HOSTS = 'imported-hosts';

export interface ImportOptions {
  /** Host of samples that have neither label `host` nor `instance`. */
  readonly hostId?: string | undefined;
  readonly onProgress?: ((samples: number) => void) | undefined;
  /** Samples buffered before they are written. @default 500,000 */
  readonly gather?: number | undefined;
  /** Ends it: what is written by then stays, and the rest is not. */
  readonly signal?: AbortSignal | undefined;
}

export interface TextImportReport extends ImportReport {
  /** Samples that are not numbers, such as Prometheus's staleness markers. */
  readonly skipped: number;
}

const MAX_HOST_LENGTH = 200;
/** Between two looks at whether to end. */
const CHECKED_LINES = 1_000;

interface GatheredHost {
  readonly series: Map<string, Map<number, number>>;
}

/** Imports the text; samples of times that are already stored are ignored. Throws `invalid` naming the line. */
export async function importText(
  store: Pick<SeriesHistory, 'importRows'> & Pick<RecordStore, 'write'>,
  text: AsyncIterable<string | Uint8Array>,
  { hostId, onProgress, gather = 500_000, signal }: ImportOptions = {},
): Promise<TextImportReport> {
  const gathered = new Map<string, GatheredHost>();
  const instances = new Map<string, string>();
  const seen = new Map<string, Set<string>>();
  const written = new Set<string>();
  let [held, samples, skipped] = [0, 0, 0];

  const flush = async (): Promise<void> => {
    for (const [host, { series }] of gathered) {
      signal?.throwIfAborted();
      for (const [setId, keys, timesMs, columns] of gridsOf(series))
        await store.importRows(host, { setId, keys, timesMs, columns });
      written.add(host);
    }
    gathered.clear();
    held = 0;
    onProgress?.(samples);
  };

  const take = (sample: ReadSample, line: number): void => {
    if (Number.isNaN(sample.value)) {
      skipped++;
      return;
    }
    const host = sample.labels.get('host') ?? sample.labels.get('instance') ?? hostId;
    if (host === undefined || host === '' || host.length > MAX_HOST_LENGTH)
      throw new StoreError(
        'invalid',
        `line ${line}: has no label "host" or "instance" that says which host it is of; name one for all such lines`,
      );
    instances.set(host, sample.labels.get('instance') ?? host);
    const key = keyOf(sample);
    let ofHost = gathered.get(host);
    if (!ofHost) gathered.set(host, (ofHost = { series: new Map() }));
    let points = ofHost.series.get(key);
    if (!points) ofHost.series.set(key, (points = new Map()));
    if (!points.has(sample.timeMs)) {
      points.set(sample.timeMs, sample.value);
      held++;
      samples++;
    }
    const keys = seen.get(host) ?? new Set();
    seen.set(host, keys.add(key));
  };

  const nameHosts = (): Promise<void> =>
    store.write(
      [...instances]
        .filter(([host]) => written.has(host))
        .map(([host, instance]) => ({
          collection: IMPORTED_HOSTS,
          key: host,
          value: { instance },
        })),
    );

  let number = 0;
  let ended = false;
  try {
    await read();
  } finally {
    // Also after an end before the last line: what was written belongs to hosts that have a name.
    if (written.size > 0) await nameHosts();
  }
  const series = [...seen.values()].reduce((sum, keys) => sum + keys.size, 0);
  return { samples, series, hosts: seen.size, skipped };

  async function read(): Promise<void> {
    for await (const line of linesOf(text)) {
      if (number % CHECKED_LINES === 0) signal?.throwIfAborted();
      number++;
      if (ended) {
        if (line.trim() === '') continue;
        throw new StoreError('invalid', `line ${number}: comes after # EOF`);
      }
      const sample = readLine(line, number);
      if (sample === 'end') ended = true;
      else if (sample) take(sample, number);
      if (held >= gather) await flush();
    }
    await flush();
  }
}

/** The series under our own names where they are ours, otherwise under those it came with. */
function keyOf({ name, labels }: ReadSample): string {
  const metric = knownMetric(name);
  const attributes: Record<string, string> = {};
  for (const [label, value] of labels) {
    if (label === 'host' || label === 'instance' || value === '') continue;
    if (label === 'job' && value === JOB) continue;
    const own = /^exported_(host|instance|job)$/.exec(label)?.[1] ?? label;
    attributes[metric === undefined ? own : knownAttribute(metric, own)] = value;
  }
  return seriesKey(metric ?? name, attributes);
}

type Grid = readonly [
  setId: string,
  keys: readonly string[],
  timesMs: number[],
  columns: Float64Array[],
];

/** Series that were sampled at the same times share their rows. */
function* gridsOf(series: ReadonlyMap<string, ReadonlyMap<number, number>>): Generator<Grid> {
  const byTimes = Map.groupBy(series, ([, points]) => {
    const times = [...points.keys()];
    return `${times.length} ${times[0]} ${times.at(-1)}`;
  });
  for (const group of byTimes.values()) {
    const keys = group.map(([key]) => key);
    const timesMs = [...new Set(group.flatMap(([, points]) => [...points.keys()]))].sort(
      (a, b) => a - b,
    );
    const columns = group.map(([, points]) =>
      Float64Array.from(timesMs, (time) => points.get(time) ?? Number.NaN),
    );
    yield [seriesSetId(keys), keys, timesMs, columns];
  }
}

async function* linesOf(text: AsyncIterable<string | Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of text) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
    if (rest.length > MAX_LINE_LENGTH)
      throw new StoreError('invalid', `a line has more than ${MAX_LINE_LENGTH} characters`);
  }
  if (rest !== '') yield rest;
}

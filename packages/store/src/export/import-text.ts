/**
 * OpenMetrics text into history. It is read twice: once to the end, so that nothing of a text with an error is stored,
 * then in bounded memory, host by host.
 */
import { seriesKey, seriesSetId } from '@openmanager/protocol';
import type { ImportReport, SeriesHistory } from '../contract/series-history.ts';
import { StoreError } from '../contract/store-error.ts';
import type { RecordStore } from '../contract/records.ts';
import { JOB, knownAttribute, knownMetric } from '../contract/exposed-names.ts';
import { labelsKey } from '../contract/exposition.ts';
import { IMPORTED_METRICS, type MetricFact } from '../contract/metric-facts.ts';
import { notNumbersOf } from '../contract/not-numbers.ts';
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
  /** @default Date.now */
  readonly now?: (() => number) | undefined;
}

export interface TextImportReport extends ImportReport {
  /** Samples of a series and time that were there already, in the text or in history: the first one stays. */
  readonly duplicates: number;
}

type Store = Pick<SeriesHistory, 'importRows'> & Pick<RecordStore, 'write'>;

const MAX_HOST_LENGTH = 200;
/** Between two looks at whether to end. */
const CHECKED_LINES = 1_000;

/** Where a sample goes. */
interface Destination {
  readonly host: string;
  readonly instance: string;
  readonly key: string;
}

/** Imports the text, which is opened twice. Throws `invalid` naming the line; then nothing is stored. */
export async function importText(
  store: Store,
  open: () => AsyncIterable<string | Uint8Array>,
  options: ImportOptions = {},
): Promise<TextImportReport> {
  const nowMs = (options.now ?? Date.now)();
  const { facts, instances } = await checked(open(), nowMs, options);
  // First of all, so that whatever is written, also before an end in the middle, belongs to hosts that have a name.
  await store.write([
    ...[...instances].map(([key, instance]) => ({
      collection: IMPORTED_HOSTS,
      key,
      value: { instance },
    })),
    ...[...facts].map(([key, value]) => ({ collection: IMPORTED_METRICS, key, value })),
  ]);
  return stored(store, open(), nowMs, options);
}

interface Checked {
  readonly facts: ReadonlyMap<string, MetricFact>;
  readonly instances: ReadonlyMap<string, string>;
}

/** Reads all of the text and stores nothing. */
async function checked(
  text: AsyncIterable<string | Uint8Array>,
  nowMs: number,
  { hostId, signal }: ImportOptions,
): Promise<Checked> {
  const facts = new Map<string, MetricFact>();
  const instances = new Map<string, string>();
  const origins = new Map<string, readonly [labels: string, line: number]>();
  let [number, ended] = [0, false];
  for await (const line of linesOf(text)) {
    if (number % CHECKED_LINES === 0) signal?.throwIfAborted();
    number++;
    if (ended) {
      if (line.trim() === '') continue;
      throw new StoreError('invalid', `line ${number}: comes after # EOF`);
    }
    const read = readLine(line, number, nowMs);
    if (read === 'end') ended = true;
    else if (read && 'fact' in read) {
      const unknown: MetricFact = { type: 'unknown', help: '', unit: '' };
      if (knownMetric(read.name) === undefined)
        facts.set(read.name, { ...(facts.get(read.name) ?? unknown), ...read.fact });
    } else if (read) {
      const { host, instance, key } = destinationOf(read, hostId, number);
      instances.set(host, instance);
      const labels = labelsKey(
        new Map(
          [...read.labels, ['__name__', read.name] as const].filter(([, value]) => value !== ''),
        ),
      );
      const place = `${host}\u0000${key}`;
      const origin = origins.get(place);
      if (!origin) origins.set(place, [labels, number]);
      else if (origin[0] !== labels)
        throw new StoreError(
          'invalid',
          `line ${number}: the series would become one with that of line ${origin[1]}: "host" or "instance" says which host a sample is of, job="${JOB}" is the hub's own; rename a label`,
        );
    }
  }
  if (!ended)
    throw new StoreError(
      'invalid',
      `line ${Math.max(1, number)}: the text ends without "# EOF", so it may have been cut off; if it is whole, add that line`,
    );
  const known = [...facts].filter(([, { type, help, unit }]) => type !== 'unknown' || help || unit);
  return { facts: new Map(known), instances };
}

async function stored(
  store: Store,
  text: AsyncIterable<string | Uint8Array>,
  nowMs: number,
  { hostId, onProgress, gather = 500_000, signal }: ImportOptions,
): Promise<TextImportReport> {
  const gathered = new Map<string, Map<string, Map<number, number>>>();
  const seen = new Map<string, Set<string>>();
  let [held, samples, duplicates] = [0, 0, 0];

  const flush = async (): Promise<void> => {
    for (const [host, series] of gathered) {
      signal?.throwIfAborted();
      for (const [setId, keys, timesMs, columns] of gridsOf(withNotNumbers(series)))
        duplicates += await store.importRows(host, { setId, keys, timesMs, columns });
    }
    gathered.clear();
    held = 0;
    onProgress?.(samples);
  };

  let number = 0;
  for await (const line of linesOf(text)) {
    if (number % CHECKED_LINES === 0) signal?.throwIfAborted();
    number++;
    const read = readLine(line, number, nowMs);
    if (read === undefined || read === 'end' || 'fact' in read) continue;
    const { host, key } = destinationOf(read, hostId, number);
    const ofHost = gathered.get(host) ?? new Map<string, Map<number, number>>();
    gathered.set(host, ofHost);
    const points = ofHost.get(key) ?? new Map<number, number>();
    ofHost.set(key, points);
    if (points.has(read.timeMs)) duplicates++;
    else {
      points.set(read.timeMs, read.value);
      held++;
    }
    samples++;
    const keys = seen.get(host) ?? new Set();
    seen.set(host, keys.add(key));
    if (held >= gather) await flush();
  }
  await flush();
  const series = [...seen.values()].reduce((sum, keys) => sum + keys.size, 0);
  return { samples: samples - duplicates, series, hosts: seen.size, duplicates };
}

function destinationOf(sample: ReadSample, hostId: string | undefined, line: number): Destination {
  const { labels } = sample;
  const host = labels.get('host') || labels.get('instance') || hostId;
  if (host === undefined || host === '' || host.length > MAX_HOST_LENGTH)
    throw new StoreError(
      'invalid',
      `line ${line}: has no label "host" or "instance" that says which host it is of; name one for all such lines`,
    );
  return { host, instance: labels.get('instance') || host, key: keyOf(sample) };
}

/**
 * The series under our own names where they are ours, otherwise under those it came with. Labels `exported_…` are
 * attributes that the hub gave such a name; of other texts `job` is a label like any other, and so is `exported_job`.
 */
function keyOf({ name, labels }: ReadSample): string {
  const metric = knownMetric(name);
  const isOurs = labels.get('job') === JOB;
  const attributes: Record<string, string> = {};
  for (const [label, value] of labels) {
    if (label === 'host' || label === 'instance' || value === '') continue;
    if (label === 'job' && isOurs) continue;
    const exported = /^exported_((?:exported_)*(?:host|instance|job))$/.exec(label)?.[1];
    const own = exported === undefined || (!isOurs && exported.endsWith('job')) ? label : exported;
    attributes[metric === undefined ? own : knownAttribute(metric, own)] = value;
  }
  return seriesKey(metric ?? name, attributes);
}

type Series = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Samples that are NaN, in series of their own. */
function withNotNumbers(series: Series): Series {
  const made = new Map(series);
  for (const [key, points] of series) {
    const nans = [...points].filter(([, value]) => Number.isNaN(value));
    if (nans.length > 0) made.set(notNumbersOf(key), new Map(nans.map(([time]) => [time, 1])));
  }
  return made;
}

type Grid = readonly [
  setId: string,
  keys: readonly string[],
  timesMs: number[],
  columns: Float64Array[],
];

/** Series that were sampled at the same times share their rows. */
function* gridsOf(series: Series): Generator<Grid> {
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
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let [rest, number] = ['', 0];
  const decoded = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new StoreError('invalid', `line ${number + 1} or one soon after it: is not UTF-8`);
    }
  };
  for await (const chunk of text) {
    rest += typeof chunk === 'string' ? chunk : decoded(chunk);
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    number += lines.length;
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
    if (rest.length > MAX_LINE_LENGTH)
      throw new StoreError(
        'invalid',
        `line ${number + 1}: has more than ${MAX_LINE_LENGTH} characters`,
      );
  }
  rest += decoded();
  if (rest !== '') yield rest;
}

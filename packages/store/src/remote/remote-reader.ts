/** Reads points of our series from the cluster with PromQL that every Prometheus-compatible server understands. */
import { DAY_MS } from '@openmanager/protocol/durations';
import type { SelectedSeries, SeriesRef } from '../contract/series-history.ts';
import { StoreError } from '../contract/store-error.ts';
import { exposedLabels } from '../contract/exposed-names.ts';
import { labelsKey } from '../contract/exposition.ts';
import type { RemoteClient, RemoteSeries } from './remote-client.ts';

/** Hosts of one request. */
const HOSTS_AT_ONCE = 50;
/** VictoriaMetrics answers nothing for spans that begin with 1970. */
const EARLIEST_MS = 31 * DAY_MS;
/** Requests under way. */
const REQUESTS_AT_ONCE = 8;
/** Points of a series in one request; Prometheus allows 11,000. */
const STEPS_AT_ONCE = 10_000;

export interface RemoteSpan {
  /** Inclusive, epoch ms. */
  readonly fromMs: number;
  /** Inclusive, epoch ms. */
  readonly toMs: number;
  readonly maxPoints: number;
  readonly signal?: AbortSignal | undefined;
}

const allFigures = ['count', 'min', 'max', 'avg', 'last'] as const;
type Figure = (typeof allFigures)[number];
type Points = Map<number, number>;

export class RemoteReader {
  readonly #client: RemoteClient;

  constructor(client: RemoteClient) {
    this.#client = client;
  }

  /** Raw samples. */
  async samples(refs: readonly SeriesRef[], span: RemoteSpan): Promise<readonly SelectedSeries[]> {
    const { toMs, maxPoints, signal } = span;
    const fromMs = Math.max(EARLIEST_MS, span.fromMs);
    if (toMs < fromMs) return [];
    const rangeMs = toMs - fromMs + 1;
    const found = new Map<SeriesRef, Points>();
    let room = maxPoints;
    const asks = groupsOf(refs).map(({ selector, refOf }) => async (): Promise<void> => {
      const time = seconds(toMs);
      const count = { query: `sum(count_over_time(${selector}[${rangeMs}ms]))`, time };
      const counts = await this.#client.read('query', count, signal);
      room -= Number(counts[0]?.values[0]?.[1] ?? 0);
      if (room < 0) throw tooLarge(maxPoints);
      if (counts.length === 0) return;
      const query = { query: `${selector}[${rangeMs}ms]`, time };
      for (const series of await this.#client.read('query', query, signal))
        gather(found, refOf(series), series, (timeMs) => timeMs >= fromMs && timeMs <= toMs);
    });
    await someAtOnce(asks);
    return refs.flatMap((ref) => {
      const points = found.get(ref);
      if (!points || points.size === 0) return [];
      const timesMs = Float64Array.from(points.keys()).sort();
      const values = timesMs.map((time) => points.get(time) as number);
      return [
        {
          ...ref,
          timesMs,
          widthsMs: new Float64Array(timesMs.length),
          min: values,
          max: values.slice(),
          mean: values.slice(),
          last: values.slice(),
          count: new Float64Array(timesMs.length).fill(1),
        },
      ];
    });
  }

  /** One point per step `[originMs + k·stepMs, + stepMs)`; figures that are not asked for are NaN. */
  async steps(
    refs: readonly SeriesRef[],
    span: RemoteSpan,
    stepMs: number,
    originMs: number,
    figures: readonly Figure[] = allFigures,
  ): Promise<readonly SelectedSeries[]> {
    const { toMs, maxPoints, signal } = span;
    const fromMs = Math.max(EARLIEST_MS, span.fromMs);
    if (toMs < fromMs) return [];
    const first = Math.floor((fromMs - originMs) / stepMs);
    const last = Math.floor((toMs - originMs) / stepMs);
    if (refs.length * (last - first + 1) > maxPoints) throw tooLarge(maxPoints);
    const found = new Map<Figure, Map<SeriesRef, Points>>(
      allFigures.map((figure) => [figure, new Map()]),
    );
    const asks: (() => Promise<void>)[] = [];
    for (const { selector, refOf } of groupsOf(refs))
      for (const figure of figures)
        for (let from = first; from <= last; from += STEPS_AT_ONCE)
          asks.push(async () => {
            // A step ends just before the next one begins.
            const end = (step: number): number => originMs + (step + 1) * stepMs - 1;
            const query = {
              query: `${figure}_over_time(${selector}[${stepMs}ms])`,
              start: seconds(end(from)),
              end: seconds(end(Math.min(last, from + STEPS_AT_ONCE - 1))),
              step: String(stepMs / 1000),
              // VictoriaMetrics moves the span to its own grid otherwise.
              nocache: '1',
            };
            const into = found.get(figure) as Map<SeriesRef, Points>;
            for (const series of await this.#client.read('query_range', query, signal))
              gather(into, refOf(series), series, () => true);
          });
    await someAtOnce(asks);
    const [leading] = figures;
    return refs.flatMap((ref) => {
      const points = leading && found.get(leading)?.get(ref);
      if (!points) return [];
      const ends = [...points.keys()].sort((a, b) => a - b);
      const column = (figure: Figure): Float64Array =>
        Float64Array.from(ends, (end) => found.get(figure)?.get(ref)?.get(end) ?? Number.NaN);
      return [
        {
          ...ref,
          timesMs: Float64Array.from(ends, (end) => end + 1 - stepMs),
          widthsMs: new Float64Array(ends.length).fill(stepMs),
          min: column('min'),
          max: column('max'),
          mean: column('avg'),
          last: column('last'),
          count: column('count'),
        },
      ];
    });
  }

  /** Days since 1970 (UTC) in which there is a sample of the series. */
  async days(refs: readonly SeriesRef[], span: RemoteSpan): Promise<ReadonlySet<number>> {
    const first = Math.floor(span.fromMs / DAY_MS);
    const last = Math.floor(span.toMs / DAY_MS);
    const days = new Set<number>();
    for (const { selector } of groupsOf(refs))
      for (let from = first; from <= last; from += STEPS_AT_ONCE) {
        const query = {
          query: `sum(count_over_time(${selector}[1d]))`,
          start: seconds((from + 1) * DAY_MS - 1),
          end: seconds((Math.min(last, from + STEPS_AT_ONCE - 1) + 1) * DAY_MS - 1),
          step: '86400',
          nocache: '1',
        };
        for (const { values } of await this.#client.read('query_range', query, span.signal))
          for (const [time] of values) days.add(Math.floor((time * 1000) / DAY_MS));
      }
    return days;
  }
}

function tooLarge(maxPoints: number): StoreError {
  return new StoreError(
    'too-large',
    `more than ${maxPoints} points: ask for less, or a wider step`,
  );
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** Two series of the cluster can be the same of ours when a host's name changed: the later one read counts. */
function gather(
  found: Map<SeriesRef, Points>,
  ref: SeriesRef | undefined,
  { values }: RemoteSeries,
  fits: (timeMs: number) => boolean,
): void {
  if (!ref) return;
  const points = found.get(ref) ?? new Map<number, number>();
  found.set(ref, points);
  for (const [time, text] of values) {
    const timeMs = Math.round(time * 1000);
    const value = Number(text.replace('Inf', 'Infinity'));
    if (fits(timeMs) && !Number.isNaN(value)) points.set(timeMs, value);
  }
}

interface Group {
  readonly selector: string;
  readonly refOf: (series: RemoteSeries) => SeriesRef | undefined;
}

/** One metric each, because functions drop the name, and some hosts. */
function groupsOf(refs: readonly SeriesRef[]): readonly Group[] {
  const names = Map.groupBy(refs, ({ key }) => exposedLabels(key).get('__name__') as string);
  return [...names].flatMap(([name, some]) => hostGroups(some, name));
}

function hostGroups(refs: readonly SeriesRef[], name: string): readonly Group[] {
  const byHost = Map.groupBy(refs, ({ hostId }) => hostId);
  const hosts = [...byHost.keys()];
  const groups: Group[] = [];
  for (let at = 0; at < hosts.length; at += HOSTS_AT_ONCE) {
    const some = hosts.slice(at, at + HOSTS_AT_ONCE);
    const known = new Map<string, SeriesRef>();
    for (const hostId of some)
      for (const ref of byHost.get(hostId) ?? [])
        known.set(`${hostId}\u0002${labelsKey(exposedLabels(ref.key))}`, ref);
    groups.push({
      selector: `{__name__="${name}",host=~${pattern(some)},job="openmanager"}`,
      refOf: ({ metric }) => {
        const { host, instance: _, job: __, ...rest } = metric;
        const labels = new Map(Object.entries(rest)).set('__name__', name);
        return known.get(`${host}\u0002${labelsKey(labels)}`);
      },
    });
  }
  return groups;
}

async function someAtOnce(asks: readonly (() => Promise<void>)[]): Promise<void> {
  const waiting = [...asks];
  const lane = async (): Promise<void> => {
    for (let ask = waiting.shift(); ask; ask = waiting.shift()) await ask();
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, lane));
}

function pattern(values: Iterable<string>): string {
  const parts = [...values].map((value) => value.replaceAll(/[^a-zA-Z0-9_:]/g, '\\$&'));
  return JSON.stringify(parts.join('|'));
}

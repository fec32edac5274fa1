/** Source of series for a query: under exposed names, found by matchers. */
import { HOUR_MS } from '@openmanager/protocol/durations';
import type { SeriesRef, SelectedSeries } from '@openmanager/store/contract';
import type { SampleSource } from './evaluate.ts';
import type { Matcher } from './expression.ts';
import { exposedLabels, JOB, metricPattern } from '@openmanager/store/contract';
import { matcherTest } from './parse.ts';
import { PromqlError } from './promql-error.ts';
import type { Labels } from '@openmanager/store/contract';
import type { Samples } from './samples.ts';

export interface ExposedHost {
  readonly hostId: string;
  /** What people call it: label `instance`. */
  readonly instance: string;
}

/** What a source asks the store; each call is a message to the thread that has it. */
export interface SeriesAsker {
  hosts(): Promise<readonly ExposedHost[]>;
  /** Keys by host. `metrics` is a pattern for the whole metric. */
  list(
    hostIds: readonly string[],
    metrics: string | undefined,
  ): Promise<readonly (readonly [hostId: string, keys: readonly string[]])[]>;
  select(
    series: readonly SeriesRef[],
    fromMs: number,
    toMs: number,
    /** One point per step instead of samples. */
    stepMs?: number,
  ): Promise<readonly SelectedSeries[]>;
}

const MAX_WARNINGS = 10;
/** Hosts whose series are listed by one message, so that none of them is long. */
const HOSTS_AT_ONCE = 32;
/** Most series one selector may fit. */
export const MAX_SERIES = 100_000;
/** Buckets of the coarsest usual tier that may stand before a span. */
const WIDEST_BUCKET_MS = 2 * HOUR_MS;
/** Raw samples of this age are always kept. */
const YOUNG_MS = 6 * HOUR_MS;

export interface FoundSeries extends SeriesRef {
  readonly labels: Labels;
}

export class SeriesSource implements SampleSource {
  readonly #ask: SeriesAsker;
  readonly #now: () => number;
  readonly warnings: Set<string> = new Set();

  constructor(ask: SeriesAsker, now: () => number) {
    this.#ask = ask;
    this.#now = now;
  }

  warn(text: string): void {
    if (this.warnings.size < MAX_WARNINGS) this.warnings.add(text);
  }

  async find(matchers: readonly Matcher[]): Promise<readonly FoundSeries[]> {
    const tests = matchers.map((matcher) => ({ label: matcher.label, fits: matcherTest(matcher) }));
    const ofHost = tests.filter(
      ({ label }) => label === 'host' || label === 'instance' || label === 'job',
    );
    const ofKey = tests.filter((test) => !ofHost.includes(test));
    const hosts = (await this.#ask.hosts()).filter(({ hostId, instance }) =>
      ofHost.every(({ label, fits }) =>
        fits(label === 'host' ? hostId : label === 'job' ? JOB : instance),
      ),
    );
    const name = matchers.find(({ label, op }) => label === '__name__' && op === '=');
    const pattern = name && metricPattern(name.value);
    const verdicts = new Map<string, Labels | undefined>();
    const found: FoundSeries[] = [];
    for (let at = 0; at < hosts.length; at += HOSTS_AT_ONCE) {
      const some = hosts.slice(at, at + HOSTS_AT_ONCE);
      const instances = new Map(some.map(({ hostId, instance }) => [hostId, instance]));
      for (const [hostId, keys] of await this.#ask.list([...instances.keys()], pattern))
        for (const key of keys) {
          let labels = verdicts.get(key);
          if (labels === undefined && !verdicts.has(key)) {
            const all = labelsOf(key);
            labels = ofKey.every(({ label, fits }) => fits(all.get(label) ?? '')) ? all : undefined;
            verdicts.set(key, labels);
          }
          if (!labels) continue;
          const own = new Map(labels);
          own
            .set('host', hostId)
            .set('instance', instances.get(hostId) ?? hostId)
            .set('job', JOB);
          found.push({ hostId, key, labels: own });
        }
      if (found.length > MAX_SERIES)
        throw new PromqlError(
          'execution',
          `more than ${MAX_SERIES} series fit a selector; add matchers`,
        );
    }
    return found;
  }

  /** Those with a sample in the span, widened to whole hours, of which tiers know without reading samples. */
  async during(
    found: readonly FoundSeries[],
    fromMs: number,
    toMs: number,
  ): Promise<readonly FoundSeries[]> {
    const from = Math.floor(fromMs / HOUR_MS) * HOUR_MS;
    const to = Math.min(Math.ceil((toMs + 1) / HOUR_MS) * HOUR_MS, this.#now() + HOUR_MS) - 1;
    if (to < from || found.length === 0) return [];
    const refs = found.map(({ hostId, key }) => ({ hostId, key }));
    const selected = await this.#ask.select(refs, from, to, HOUR_MS);
    const there = new Set(selected.map(({ hostId, key }) => `${hostId}\u0000${key}`));
    return found.filter(({ hostId, key }) => there.has(`${hostId}\u0000${key}`));
  }

  async select(
    matchers: readonly Matcher[],
    fromMs: number,
    toMs: number,
  ): Promise<readonly Samples[]> {
    const found = await this.find(matchers);
    if (found.length === 0 || toMs < fromMs) return [];
    const labels = new Map(found.map((one) => [`${one.hostId}\u0000${one.key}`, one.labels]));
    const early = this.#now() - fromMs > YOUNG_MS ? WIDEST_BUCKET_MS : 0;
    const refs = found.map(({ hostId, key }) => ({ hostId, key }));
    const selected = await this.#ask.select(refs, fromMs - early, toMs);
    return selected.flatMap((one) => {
      const its = labels.get(`${one.hostId}\u0000${one.key}`);
      return its ? [samplesOf(one, its)] : [];
    });
  }
}

function samplesOf(series: SelectedSeries, labels: Labels): Samples {
  const { timesMs, widthsMs, last, min, max, mean, count, counter } = series;
  // Samples are never older than buckets: where the first point is one, all are.
  if ((widthsMs[0] ?? 0) === 0) return { labels, timesMs, values: last, buckets: undefined };
  return {
    labels,
    timesMs: timesMs.map((time, place) => time + Math.max(0, (widthsMs[place] as number) - 1)),
    values: last,
    buckets: { widthsMs, min, max, mean, count, counter },
  };
}

/** Labels by key; forgotten as a whole when full. */
const remembered = new Map<string, Labels>();
const MAX_REMEMBERED = 200_000;

function labelsOf(key: string): Labels {
  let labels = remembered.get(key);
  if (labels) return labels;
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(key, (labels = exposedLabels(key)));
  return labels;
}

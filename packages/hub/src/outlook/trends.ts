/** Linear trends of ten-minute means, kept only for series of metrics that a forecast rule is about. */
import { DAY_MS } from '@openmanager/protocol/durations';
import { Trend, trendDefaults } from '@openmanager/analytics';
import { metricOfKey } from '@openmanager/protocol';
import type { SeriesHistory } from '@openmanager/store';
import type { HealthIssues, HostUpdate } from '../ports/index.ts';

/** About 3 kB of memory for one. */
export const MAX_TRENDS = 20_000;

export interface TrendsOptions {
  readonly issues: HealthIssues;
}

export class Trends {
  readonly #issues: HealthIssues;
  readonly #trends = new Map<string, Trend>();
  #metrics: ReadonlySet<string> = new Set();
  #places = new WeakMap<readonly string[], readonly number[]>();

  constructor(options: TrendsOptions) {
    this.#issues = options.issues;
  }

  /** From now on these metrics are followed, and no others. Answers those that were not before. */
  follow(metrics: readonly string[]): readonly string[] {
    const added = metrics.filter((metric) => !this.#metrics.has(metric));
    this.#metrics = new Set(metrics);
    this.#places = new WeakMap();
    for (const name of this.#trends.keys())
      if (!this.#metrics.has(metricOfKey(name.slice(name.indexOf(' ') + 1))))
        this.#trends.delete(name);
    return added;
  }

  observe({ hostId, timeMs, keys, values }: HostUpdate): void {
    for (const place of this.#placesIn(keys)) {
      const value = values[place] as number;
      if (Number.isFinite(value)) this.#trend(`${hostId} ${keys[place]}`)?.add(timeMs, value);
    }
  }

  /** Mean of the newest ten minutes. */
  level(hostId: string, seriesKey: string): number | undefined {
    return this.#trends.get(`${hostId} ${seriesKey}`)?.level();
  }

  crossing(
    hostId: string,
    seriesKey: string,
    timeMs: number,
    bound: number,
    direction: 'above' | 'below',
  ): number | undefined {
    return this.#trends.get(`${hostId} ${seriesKey}`)?.crossing(timeMs, bound, direction);
  }

  hostRemoved(hostId: string): void {
    for (const name of this.#trends.keys())
      if (name.startsWith(`${hostId} `)) this.#trends.delete(name);
  }

  /** The last day of what is followed, up to `toMs`. */
  async readPast(history: Pick<SeriesHistory, 'select'>, toMs: number): Promise<void> {
    if (this.#metrics.size === 0) return;
    const value = [...this.#metrics]
      .map((metric) => metric.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('|');
    try {
      const { series } = await history.select({
        matchers: [{ label: '__name__', op: '=~', value }],
        fromMs: toMs - DAY_MS,
        toMs,
        stepMs: trendDefaults.bucketMs,
      });
      for (const { hostId, key, timesMs, mean } of series) {
        const name = `${hostId} ${key}`;
        this.#trends.delete(name);
        const made = this.#trend(name);
        for (const [at, timeMs] of timesMs.entries()) made?.add(timeMs, mean[at] as number);
      }
    } catch {
      // Without a backfill the trends begin with live samples.
    }
  }

  #placesIn(keys: readonly string[]): readonly number[] {
    let places = this.#places.get(keys);
    if (!places) {
      places = [...keys.keys()].filter((at) => this.#metrics.has(metricOfKey(keys[at] as string)));
      this.#places.set(keys, places);
    }
    return places;
  }

  #trend(name: string): Trend | undefined {
    const known = this.#trends.get(name);
    if (known) return known;
    if (this.#trends.size >= MAX_TRENDS) {
      this.#issues.set(
        'trends',
        `Rules about forecasts match more than ${MAX_TRENDS} series: the others are not judged by them. Narrow the rules.`,
      );
      return undefined;
    }
    const made = new Trend();
    this.#trends.set(name, made);
    return made;
  }
}

/** Where series are going that a forecast rule is about, from their ten-minute means: what no rule asks costs nothing. */
import { DAY_MS } from '@openmanager/protocol/durations';
import { Trend, trendDefaults } from '@openmanager/analytics';
import type { Rule } from '@openmanager/alerting';
import { metricOfKey } from '@openmanager/protocol';
import type { SeriesHistory } from '@openmanager/store';
import type { HostUpdate } from '../ports/index.ts';
import type { Problems } from '../ports/health-issues.ts';

/** About 3 kB of memory for one. */
export const MAX_TRENDS = 20_000;

export interface TrendsOptions {
  readonly history: Pick<SeriesHistory, 'select'>;
  readonly problems: Problems;
  readonly now: () => number;
  /** The same array for as long as nothing changed. */
  readonly rules: () => readonly Rule[];
}

export class Trends {
  readonly #options: TrendsOptions;
  readonly #trends = new Map<string, Trend>();
  #rules: readonly Rule[] | undefined;
  #metrics: ReadonlySet<string> = new Set();
  #places = new WeakMap<readonly string[], readonly number[]>();

  constructor(options: TrendsOptions) {
    this.#options = options;
  }

  /** Reads the last day. */
  async run(): Promise<void> {
    this.#follow();
    await this.#remember();
  }

  observe({ hostId, timeMs, keys, values }: HostUpdate): void {
    this.#follow();
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

  #follow(): void {
    const rules = this.#options.rules();
    if (rules === this.#rules) return;
    const before = this.#metrics;
    const isFirst = this.#rules === undefined;
    this.#rules = rules;
    this.#metrics = new Set(
      rules.flatMap((rule) =>
        rule.kind === 'forecast' && rule.enabled !== false ? [rule.metric] : [],
      ),
    );
    this.#places = new WeakMap();
    for (const name of this.#trends.keys())
      if (!this.#metrics.has(metricOfKey(name.slice(name.indexOf(' ') + 1))))
        this.#trends.delete(name);
    // A metric that is new to the rules has a past as well.
    if (!isFirst && [...this.#metrics].some((metric) => !before.has(metric))) void this.#remember();
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
      this.#options.problems.set(
        'trends',
        `Rules about forecasts match more than ${MAX_TRENDS} series: the others are not judged by them. Narrow the rules.`,
      );
      return undefined;
    }
    const made = new Trend();
    this.#trends.set(name, made);
    return made;
  }

  /** The last day of what forecast rules are about. */
  async #remember(): Promise<void> {
    if (this.#metrics.size === 0) return;
    const toMs = this.#options.now();
    const value = [...this.#metrics]
      .map((metric) => metric.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('|');
    try {
      const { series } = await this.#options.history.select({
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
      // Without the past the trends are learned from here on.
    }
  }
}

/** One detector per series, and a multivariate one per host: they judge the means of each sweep. */
import {
  createDetector,
  createHostDetector,
  SnapshotError,
  type Detector,
  type HostDetector,
  type HostReason,
  type Reason,
  type Widening,
} from '@openmanager/analytics';
import { isWatched } from '@openmanager/protocol';
import type { HealthIssues, HostUpdate } from '../ports/index.ts';

/** Less than 3 kB of memory for one, what the host's detector knows of it included. */
export const MAX_WATCHED = 50_000;
/** Of one host, so that one with more series than all others together leaves them theirs. */
export const MAX_WATCHED_OF_HOST = 2_000;
/** Warm-up: rules get no band before this many judged means, an hour and forty minutes. */
const WARM_UP_MEANS = 200;
/** A band older than this is stale. */
const BAND_AGE_MS = 180_000;

interface WatchedSeries {
  readonly key: string;
  readonly detector: Detector;
  /** Means judged. */
  judged: number;
  sum: number;
  count: number;
  /** Newest mean. */
  newest: number;
  lower: number;
  upper: number;
  bandMs: number;
}

interface WatchedHost {
  /** In the order in which they came, which is their place in what `together` judges. */
  readonly series: Map<string, WatchedSeries>;
  readonly together: HostDetector;
  /** By array of keys: the series at each place. */
  readonly places: WeakMap<readonly string[], readonly (WatchedSeries | undefined)[]>;
  timeMs: number;
  changed: boolean;
  /** Not judged before its detectors were trained on what is stored of it. */
  learned: boolean;
}

/** A mean that stood out. */
export interface Alarm {
  readonly key: string;
  readonly timeMs: number;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  readonly score: number;
  readonly reason: Reason;
}

/** A host whose series together stood out; `key` and its figures are those of the loudest of them. */
export interface HostAlarm extends Omit<Alarm, 'reason'> {
  readonly reason: HostReason;
  /** Loudest first; shares of 1. */
  readonly contributors: readonly { readonly key: string; readonly share: number }[];
}

/** State of all detectors of a host, to be stored. */
export interface HostSnapshot {
  readonly keys: readonly string[];
  readonly judged: readonly number[];
  /** One after the other, in the order of `keys`. */
  readonly states: Uint8Array;
  readonly together: Uint8Array;
}

export interface SeriesWatchOptions {
  readonly issues: HealthIssues;
  /** Of the hub: the hour of the day is one people know. */
  readonly utcOffsetMs: number;
  /** @default MAX_WATCHED */
  readonly limit?: number;
  /** Hosts are not judged before `learn`. @default true */
  readonly awaitsPast?: boolean;
}

export class SeriesWatch {
  readonly #options: Required<SeriesWatchOptions>;
  readonly #hosts = new Map<string, WatchedHost>();
  #size = 0;

  constructor(options: SeriesWatchOptions) {
    this.#options = { limit: MAX_WATCHED, awaitsPast: true, ...options };
  }

  get hostIds(): readonly string[] {
    return [...this.#hosts.keys()];
  }

  /** Of all hosts, the keys of the series that are watched. */
  keys(): ReadonlyMap<string, readonly string[]> {
    return new Map([...this.#hosts].map(([hostId, { series }]) => [hostId, [...series.keys()]]));
  }

  /** Newest mean of a series; NaN for one that has none yet. */
  newest(hostId: string, key: string): number {
    return this.#hosts.get(hostId)?.series.get(key)?.newest ?? Number.NaN;
  }

  /** A sum and a count per value. */
  observe({ hostId, timeMs, keys, values }: HostUpdate): void {
    const host = this.#hostOf(hostId);
    host.timeMs = Math.max(host.timeMs, timeMs);
    const places = this.#placesIn(host, keys);
    for (let place = 0; place < places.length; place++) {
      const series = places[place];
      const value = values[place] as number;
      if (series === undefined || !Number.isFinite(value)) continue;
      series.sum += value;
      series.count++;
    }
  }

  /** Judges the means since the last call; answers what stood out. */
  sweep(hostId: string): readonly (Alarm | HostAlarm)[] {
    const host = this.#hosts.get(hostId);
    if (!host?.learned) return [];
    const { timeMs } = host;
    const alarms: (Alarm | HostAlarm)[] = [];
    const all = [...host.series.values()];
    const means = all.map(({ sum, count }) => sum / count);
    if (!means.some(Number.isFinite)) return [];
    for (const [at, series] of all.entries()) {
      if (series.count === 0) continue;
      const value = means[at] as number;
      series.sum = 0;
      series.count = 0;
      const { alarm, score, lower, upper, reason } = series.detector.update(timeMs, value);
      series.judged++;
      series.newest = value;
      host.changed = true;
      series.lower = lower;
      series.upper = upper;
      series.bandMs = timeMs;
      if (alarm && reason)
        alarms.push({ key: series.key, timeMs, value, lower, upper, score, reason });
    }
    const { alarm, score, reason, contributors } = host.together.push(timeMs, means);
    const loudest = all[contributors[0]?.index ?? -1];
    if (alarm && reason && loudest)
      alarms.push({
        key: loudest.key,
        timeMs,
        value: means[contributors[0]?.index ?? 0] ?? Number.NaN,
        lower: loudest.lower,
        upper: loudest.upper,
        score,
        reason,
        contributors: contributors.flatMap(({ index, share }) => {
          const key = all[index]?.key;
          return key === undefined ? [] : [{ key, share }];
        }),
      });
    return alarms;
  }

  /** Hosts that have not learned what is stored of them. */
  get newHosts(): readonly string[] {
    return [...this.#hosts].filter(([, { learned }]) => !learned).map(([hostId]) => hostId);
  }

  /** Means of the past, ascending, one row per time; what stands out there is not told any more. */
  async learn(
    hostId: string,
    rows: AsyncIterable<{ readonly timeMs: number; readonly means: ReadonlyMap<string, number> }>,
  ): Promise<void> {
    const host = this.#hostOf(hostId);
    for await (const { timeMs, means } of rows) {
      for (const [key, mean] of means) {
        const series = isWatched(key) ? this.#seriesOf(host, key) : undefined;
        if (!series || !Number.isFinite(mean)) continue;
        series.detector.update(timeMs, mean);
        series.judged++;
      }
      host.together.push(
        timeMs,
        Array.from(host.series.keys(), (key) => means.get(key) ?? Number.NaN),
      );
      host.changed = true;
    }
    host.learned = true;
  }

  /** The band of the last mean; undefined while the series is young, or when it is not fresh. */
  band(
    hostId: string,
    key: string,
    timeMs: number,
  ): { readonly lower: number; readonly upper: number } | undefined {
    const series = this.#hosts.get(hostId)?.series.get(key);
    if (!series || series.judged < WARM_UP_MEANS) return undefined;
    if (Math.abs(timeMs - series.bandMs) > BAND_AGE_MS) return undefined;
    return Number.isFinite(series.lower + series.upper) ? series : undefined;
  }

  /** "This is normal": undefined when the series is not watched any more. */
  acceptNormal(hostId: string, key: string): Widening | undefined {
    const host = this.#hosts.get(hostId);
    const widening = host?.series.get(key)?.detector.acceptNormal();
    if (host && widening) host.changed = true;
    return widening;
  }

  undo(hostId: string, key: string, widening: Widening): void {
    const host = this.#hosts.get(hostId);
    const series = host?.series.get(key);
    if (!host || !series) return;
    series.detector.undo(widening);
    host.changed = true;
  }

  /** Undefined when nothing changed since the last one. */
  snapshot(hostId: string): HostSnapshot | undefined {
    const host = this.#hosts.get(hostId);
    if (!host?.changed || host.series.size === 0) return undefined;
    host.changed = false;
    const all = [...host.series.values()];
    return {
      keys: all.map(({ key }) => key),
      judged: all.map(({ judged }) => judged),
      states: Buffer.concat(all.map(({ detector }) => detector.snapshot())),
      together: host.together.snapshot(),
    };
  }

  /** Restores a snapshot; answers whether it was of this version. */
  restore(hostId: string, { keys, judged, states, together }: HostSnapshot): boolean {
    const host = this.#hostOf(hostId);
    const bytes = states.length / keys.length;
    try {
      host.together.restore(together);
      for (const [at, key] of keys.entries()) {
        const series = this.#seriesOf(host, key);
        if (!series) break;
        series.detector.restore(states.subarray(at * bytes, (at + 1) * bytes));
        series.judged = judged[at] ?? 0;
      }
      host.learned = true;
      return true;
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      this.hostRemoved(hostId);
      return false;
    }
  }

  hostRemoved(hostId: string): void {
    this.#size -= this.#hosts.get(hostId)?.series.size ?? 0;
    this.#hosts.delete(hostId);
    if (this.#size < this.#options.limit) this.#options.issues.clear('detectors');
  }

  #hostOf(hostId: string): WatchedHost {
    let host = this.#hosts.get(hostId);
    if (!host) {
      const { utcOffsetMs } = this.#options;
      host = {
        series: new Map(),
        together: createHostDetector({ utcOffsetMs }),
        places: new WeakMap(),
        timeMs: 0,
        changed: false,
        learned: !this.#options.awaitsPast,
      };
      this.#hosts.set(hostId, host);
    }
    return host;
  }

  #placesIn(host: WatchedHost, keys: readonly string[]): readonly (WatchedSeries | undefined)[] {
    let places = host.places.get(keys);
    if (!places) {
      places = keys.map((key) => (isWatched(key) ? this.#seriesOf(host, key) : undefined));
      host.places.set(keys, places);
    }
    return places;
  }

  #seriesOf(host: WatchedHost, key: string): WatchedSeries | undefined {
    const known = host.series.get(key);
    if (known) return known;
    const { limit, issues, utcOffsetMs } = this.#options;
    if (host.series.size >= MAX_WATCHED_OF_HOST) {
      issues.set(
        'detectors-of-host',
        `A host has more than ${MAX_WATCHED_OF_HOST} series: anomalies of its others are not looked for.`,
      );
      return undefined;
    }
    if (this.#size >= limit) {
      issues.set(
        'detectors',
        `There are more than ${limit} series: anomalies of the others are not looked for.`,
      );
      return undefined;
    }
    const made: WatchedSeries = {
      key,
      detector: createDetector({ utcOffsetMs }),
      judged: 0,
      sum: 0,
      count: 0,
      newest: Number.NaN,
      lower: Number.NaN,
      upper: Number.NaN,
      bandMs: Number.NEGATIVE_INFINITY,
    };
    host.series.set(key, made);
    this.#size++;
    return made;
  }
}

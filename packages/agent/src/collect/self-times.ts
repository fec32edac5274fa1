/**
 * What collecting costs: how long a whole sample took at most in the last minute, and each source that was ever slow
 * enough to matter; and sources that failed.
 */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { seriesKey } from '@openmanager/protocol';
import type { Source } from './collector.ts';

const DURATION = 'openmanager.agent.collect.duration';
const FAILURES = 'openmanager.agent.collect.failures';
/** A source has a series from the first time on that it took this long. */
const SLOW_MS = 20;
/** The first readings load code and find devices: what they cost is no measure. */
const WARM_READINGS = 2;

/** The largest of the last one to two halves of a minute. */
class RecentMaximum {
  #current = 0;
  #before = 0;
  #sinceMs = Number.NEGATIVE_INFINITY;

  take(value: number, nowMs: number): void {
    if (nowMs - this.#sinceMs >= MINUTE_MS / 2) {
      this.#before = this.#current;
      this.#current = 0;
      this.#sinceMs = nowMs;
    }
    this.#current = Math.max(this.#current, value);
  }

  get value(): number {
    return Math.max(this.#current, this.#before);
  }
}

export interface SourceCost {
  /** Ms, the longest of the last minute. */
  readonly maxMs: number;
  readonly failures: number;
}

interface Cost {
  readonly name: string;
  readonly recent: RecentMaximum;
  slow: boolean;
  failures: number;
}

export class SelfTimes implements Source {
  keys: readonly string[] = [DURATION];
  values: Float64Array = new Float64Array([Number.NaN]);
  readonly #costs: readonly Cost[];
  readonly #whole = new RecentMaximum();
  #readings = 0;

  constructor(names: readonly string[]) {
    this.#costs = names.map((name) => ({
      name,
      recent: new RecentMaximum(),
      slow: false,
      failures: 0,
    }));
  }

  /** A reading of the source at this place took so long, or failed. */
  took(at: number, ms: number, nowMs: number, failed: boolean): void {
    const cost = this.#costs[at] as Cost;
    cost.recent.take(ms, nowMs);
    if (failed) cost.failures++;
    cost.slow ||= ms >= SLOW_MS && this.#readings >= WARM_READINGS;
  }

  tookInAll(ms: number, nowMs: number): void {
    this.#readings++;
    this.#whole.take(ms, nowMs);
  }

  /** Tells the samples before this one. */
  read(): void {
    const slow = this.#costs.filter((cost) => cost.slow);
    const failed = this.#costs.filter(({ failures }) => failures > 0);
    if (1 + slow.length + failed.length !== this.keys.length) {
      this.keys = [
        DURATION,
        ...slow.map(({ name }) => seriesKey(DURATION, { source: name })),
        ...failed.map(({ name }) => seriesKey(FAILURES, { source: name })),
      ];
      this.values = new Float64Array(this.keys.length);
    }
    this.values.set([
      this.#whole.value,
      ...slow.map(({ recent }) => recent.value),
      ...failed.map(({ failures }) => failures),
    ]);
  }

  costs(): Readonly<Record<string, SourceCost>> {
    return Object.fromEntries(
      this.#costs.map(({ name, recent, failures }) => [name, { maxMs: recent.value, failures }]),
    );
  }

  close(): void {}
}

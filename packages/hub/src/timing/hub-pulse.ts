import type { Clock, Pulse, Unsubscribe } from '../ports/index.ts';
import type { Percentiles } from './recent.ts';

const BEAT_MS = 250;
/** A beat this late is a delay like any other; what is beyond was missed. */
export const LATE_MS = 1_000;
/** Beats kept for the figures: a quarter of a minute. */
const KEPT = 60;
/** Beats by which it is told whether the loop is late now: those of two seconds. */
const RECENT = 8;
/** For so long what was missed makes rows older. */
const LATELY_MS = 120_000;

export interface HubPulseOptions {
  readonly clock: Clock;
  /** @default performance.now */
  readonly monotonicMs?: () => number;
}

/** Compares the time that passed with the time in which the hub listened. */
export class HubPulse implements Pulse {
  readonly #clock: Clock;
  readonly #monotonicMs: () => number;
  readonly #listeners = new Set<(ms: number) => void>();
  readonly #lateness: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #clockMs: number;
  #steadyMs: number;
  #beatMs: number;
  #missedMs = 0;
  #holding = false;
  #inAllMs = 0;
  /** Missed by the monotonic clock: when it was, and how much. */
  #lately: { readonly atMs: number; readonly ms: number }[] = [];

  constructor({ clock, monotonicMs = () => performance.now() }: HubPulseOptions) {
    this.#clock = clock;
    this.#monotonicMs = monotonicMs;
    this.#clockMs = clock.now();
    this.#steadyMs = this.#beatMs = monotonicMs();
  }

  async run(): Promise<void> {
    this.#beatMs = this.#monotonicMs();
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
  }

  /** Time that was missed since the start, ms. */
  get missedMs(): number {
    return this.#inAllMs;
  }

  get latelyMs(): number {
    const fromMs = this.#steadyMs - LATELY_MS;
    this.#lately = this.#lately.filter(({ atMs }) => atMs > fromMs);
    let sum = 0;
    for (const { ms } of this.#lately) sum += ms;
    return sum;
  }

  /** How late the beats of the last quarter of a minute were, ms. */
  get lag(): Percentiles {
    const sorted = this.#lateness.toSorted((a, b) => a - b);
    return { p50: sorted[Math.floor(sorted.length / 2)] ?? 0, p99: sorted.at(-1) ?? 0 };
  }

  /** How late the newest beats were, half of them more; a beat that is due by now among them. */
  get recentLagMs(): number {
    const due = Math.max(0, this.#monotonicMs() - this.#beatMs - BEAT_MS);
    const sorted = [...this.#lateness.slice(-RECENT), due].toSorted((a, b) => a - b);
    return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  }

  /** While it holds, all time is missed: the hub reads, but not yet what is of now. */
  hold(holding: boolean): void {
    if (holding === this.#holding) return;
    this.check();
    this.#holding = holding;
  }

  check(): void {
    const clockMs = this.#clock.now();
    const steadyMs = this.#monotonicMs();
    const listenedMs = this.#holding ? 0 : Math.min(steadyMs - this.#steadyMs, LATE_MS);
    this.#missedMs += clockMs - this.#clockMs - listenedMs;
    const unheardMs = steadyMs - this.#steadyMs - listenedMs;
    if (unheardMs > 0) this.#lately.push({ atMs: steadyMs, ms: unheardMs });
    this.#clockMs = clockMs;
    this.#steadyMs = steadyMs;
    // Two clocks never agree to the millisecond, and a beat that holds has 250.
    if (Math.abs(this.#missedMs) < BEAT_MS / 2) return;
    const ms = this.#missedMs;
    this.#missedMs = 0;
    this.#inAllMs += Math.max(0, ms);
    for (const listener of this.#listeners) listener(ms);
  }

  onMissed(listener: (ms: number) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #beat(): void {
    const nowMs = this.#monotonicMs();
    this.#lateness.push(Math.max(0, nowMs - this.#beatMs - BEAT_MS));
    if (this.#lateness.length > KEPT) this.#lateness.shift();
    this.#beatMs = nowMs;
    this.check();
  }
}

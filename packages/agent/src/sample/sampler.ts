/**
 * Asks the collector at each point of the grid of the interval: floor(now / interval) · interval, so that samples of
 * all hosts share their times. Reports when the clock was set, since the hub measures its offset at the hello.
 */
import type { ProcessRow } from '@openmanager/protocol';
import type { Collector, Sample } from '../collect/collector.ts';
import type { Log } from '../log.ts';
import type { Timing } from '../timing.ts';

export interface SamplerOptions {
  readonly collector: Pick<Collector, 'sample' | 'processes'>;
  readonly intervalMs: number;
  readonly timing: Timing;
  readonly log: Log;
  readonly onSample: (timeMs: number, sample: Sample) => void;
  readonly onProcesses: (timeMs: number, rows: readonly ProcessRow[]) => void;
  readonly onClockSet: (byMs: number) => void;
}

/** Wall clock and monotonic clock drift apart by less than this between two samples unless somebody set the clock. */
const CLOCK_SET_MS = 1_000;
/** Clocks farther off than this are corrected by the hub (PROTOCOL.md). */
const CORRECTED_MS = 30_000;
/** The first sample needs a step behind it that is long enough for rates. */
const FIRST_STEP_MS = 250;

export class Sampler {
  readonly #options: SamplerOptions;
  #intervalMs: number;
  #perCore = false;
  #cancel: (() => void) | undefined;
  #running = false;
  #taking = false;
  #lastMs = Number.NEGATIVE_INFINITY;
  /** The clock was set back a little, to before the last sample. */
  #isBehind = false;
  /** Wall clock minus monotonic clock at the last sample. */
  #clockOffsetMs: number;
  #failure = '';

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#intervalMs = options.intervalMs;
    this.#clockOffsetMs = this.#measureOffset();
  }

  start(): void {
    this.#running = true;
    this.#schedule(this.#options.timing.now() + FIRST_STEP_MS);
  }

  /** Takes effect with the next point of the new grid. */
  setCadence(intervalMs: number, perCore: boolean): void {
    if (intervalMs === this.#intervalMs && perCore === this.#perCore) return;
    this.#intervalMs = intervalMs;
    this.#perCore = perCore;
    if (this.#running && !this.#taking) this.#schedule(this.#options.timing.now());
  }

  /** Back to the agent's own interval. */
  resetCadence(): void {
    this.setCadence(this.#options.intervalMs, false);
  }

  stop(): void {
    this.#running = false;
    this.#cancel?.();
  }

  #measureOffset(): number {
    return this.#options.timing.now() - this.#options.timing.monotonic();
  }

  /** Waits for the first point of the grid after `fromMs`. */
  #schedule(fromMs: number): void {
    this.#cancel?.();
    const { timing } = this.#options;
    const targetMs = (Math.floor(fromMs / this.#intervalMs) + 1) * this.#intervalMs;
    this.#cancel = timing.after(targetMs - timing.now(), () => void this.#due());
  }

  async #due(): Promise<void> {
    const { timing } = this.#options;
    this.#noticeClockSet();
    const nowMs = timing.now();
    const gridMs = Math.floor(nowMs / this.#intervalMs) * this.#intervalMs;
    if (gridMs > this.#lastMs) this.#isBehind = false;
    // Until the clock has caught up samples keep their order, and none falls on the time of another.
    const timeMs = this.#isBehind ? this.#lastMs + 1 : gridMs;
    // A timer that fires early would sample the previous point again: wait for the next one.
    if (timeMs > this.#lastMs) {
      this.#lastMs = timeMs;
      this.#taking = true;
      await this.#take(timeMs);
      this.#taking = false;
    }
    if (this.#running) this.#schedule(timing.now());
  }

  async #take(timeMs: number): Promise<void> {
    const { collector, onSample, onProcesses, log } = this.#options;
    try {
      const sampled = collector.sample(timeMs, { perCore: this.#perCore });
      const sample = sampled instanceof Promise ? await sampled : sampled;
      if (this.#running) onSample(timeMs, sample);
      const asked = collector.processes();
      const rows = asked instanceof Promise ? await asked : asked;
      if (rows && this.#running) onProcesses(timeMs, rows);
      this.#failure = '';
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#failure) log('error', 'a sample could not be taken', { reason });
      this.#failure = reason;
    }
  }

  #noticeClockSet(): void {
    const offsetMs = this.#measureOffset();
    const byMs = offsetMs - this.#clockOffsetMs;
    this.#clockOffsetMs = offsetMs;
    if (Math.abs(byMs) < CLOCK_SET_MS) return;
    // Of a larger step the hub corrects the times, which then are other ones.
    this.#isBehind = byMs < 0 && this.#lastMs - this.#options.timing.now() <= CORRECTED_MS;
    if (!this.#isBehind) this.#lastMs = Number.NEGATIVE_INFINITY;
    this.#options.onClockSet(Math.round(byMs));
  }
}

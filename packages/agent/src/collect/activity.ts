/**
 * Context switches, interrupts and new processes, from the lines of /proc/stat behind those of the cores. That file is
 * the dearest the agent reads, so it is read once, by the source of CPU time, which hands it on.
 */
import type { Source } from './collector.ts';
import { counterDelta, ratePerSecond } from './rate.ts';
import type { Scanner } from './text-file.ts';

/** Beginnings of lines, and the series of the first number's rate. The kernel keeps 64 bits, of `processes` 32. */
const LINES = [
  ['ctxt ', 'system.linux.cpu.context_switches', 64],
  ['intr ', 'system.linux.cpu.interrupts', 64],
  ['processes ', 'system.process.created', 32],
] as const;

export class ActivitySource implements Source {
  readonly keys: readonly string[] = LINES.map(([, key]) => key);
  readonly values: Float64Array = new Float64Array(LINES.length).fill(Number.NaN);
  readonly #counters = new Float64Array(LINES.length).fill(Number.NaN);
  readonly #previous = new Float64Array(LINES.length).fill(Number.NaN);
  #previousMs = Number.NaN;

  /** Takes what it needs of the rest of /proc/stat. */
  take(text: Scanner): void {
    let left: number = LINES.length;
    for (; !text.done && left > 0; text.nextLine()) {
      const at = LINES.findIndex(([begin]) => text.take(begin));
      if (at < 0) continue;
      this.#counters[at] = text.number();
      left--;
    }
  }

  read(nowMs: number): void {
    for (const [at, [, , bits]] of LINES.entries()) {
      const counter = this.#counters[at] as number;
      this.values[at] = ratePerSecond(
        counterDelta(this.#previous[at] as number, counter, bits),
        nowMs - this.#previousMs,
      );
    }
    this.#previous.set(this.#counters);
    this.#previousMs = nowMs;
    this.#counters.fill(Number.NaN);
  }

  close(): void {}
}

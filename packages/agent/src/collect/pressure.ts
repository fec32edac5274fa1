/**
 * /proc/pressure (PSI): share of time in which some or all tasks waited for a resource, from the running totals
 * of stalled microseconds, so that it is exact for the interval instead of the kernel's 10-second average.
 */
import { seriesKey } from '@openmanager/protocol';
import type { Source } from './collector.ts';
import { counterDelta } from './rate.ts';
import { TextFile } from './text-file.ts';

/** "full" of cpu has no meaning for a whole system; the kernel writes zeros there. */
const STALLS = [
  ['cpu', 'some'],
  ['memory', 'some'],
  ['memory', 'full'],
  ['io', 'some'],
  ['io', 'full'],
] as const;
const RESOURCES = ['cpu', 'memory', 'io'] as const;
const KEYS: readonly string[] = STALLS.map(([resource, kind]) =>
  seriesKey('system.linux.pressure.stall', { resource, kind }),
);

export class PressureSource implements Source {
  keys: readonly string[] = [];
  values: Float64Array = new Float64Array(0);
  readonly #files: readonly TextFile[];
  readonly #totals = new Float64Array(STALLS.length);
  readonly #previous = new Float64Array(STALLS.length).fill(Number.NaN);
  #previousMs = Number.NaN;

  constructor(root: string) {
    this.#files = RESOURCES.map((resource) => new TextFile(`${root}/proc/pressure/${resource}`));
  }

  read(nowMs: number): void {
    this.#totals.fill(Number.NaN);
    let present = false;
    for (const [index, file] of this.#files.entries()) {
      const text = file.read();
      for (; text && !text.done; text.nextLine()) {
        present = true;
        const kind = text.take('some ') ? 'some' : text.take('full ') ? 'full' : undefined;
        const slot = STALLS.findIndex(
          (stall) => stall[0] === RESOURCES[index] && stall[1] === kind,
        );
        if (slot < 0) continue;
        while (!text.take('total=')) {
          if (text.word() === '') break;
          text.skipBlanks();
        }
        this.#totals[slot] = text.number();
      }
    }
    if (present && this.keys.length === 0) {
      this.keys = KEYS;
      this.values = new Float64Array(KEYS.length);
    }
    const elapsedUs = (nowMs - this.#previousMs) * 1000;
    for (let slot = 0; slot < this.values.length; slot++) {
      const delta = counterDelta(this.#previous[slot] as number, this.#totals[slot] as number, 64);
      this.values[slot] = elapsedUs > 0 ? Math.min(1, delta / elapsedUs) : Number.NaN;
    }
    this.#previous.set(this.#totals);
    this.#previousMs = nowMs;
  }

  close(): void {
    for (const file of this.#files) file.close();
  }
}

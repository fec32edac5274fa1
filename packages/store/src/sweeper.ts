/** Removes what is past its retention and what is left of removed hosts, in slices, so that no commit waits long. */
import type { SweepTarget, Writes } from './write.ts';

/** Blocks removed at a time. */
export const SLICE_BLOCKS = 100;
/** Pause between slices, and between rounds in which everything was looked at. */
const SLICE_PAUSE_MS = 100;
const ROUND_PAUSE_MS = 60_000;
/** Hosts looked at in one slice, when there is nothing to remove. */
const TARGETS_AT_A_TIME = 200;

export class Sweeper {
  private readonly writes: Writes;
  private readonly cutoffMs: () => number;
  private readonly transaction: (work: () => void) => void;
  private targets: SweepTarget[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(writes: Writes, cutoffMs: () => number, transaction: (work: () => void) => void) {
    this.writes = writes;
    this.cutoffMs = cutoffMs;
    this.transaction = transaction;
  }

  run(): void {
    this.timer = setTimeout(() => this.slice(), SLICE_PAUSE_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  /** There is something to remove: do not wait for the next round. */
  hurry(): void {
    this.targets = [];
    this.stop();
    this.run();
  }

  private slice(): void {
    if (this.targets.length === 0) this.targets = this.writes.sweepTargets();
    try {
      this.transaction(() => this.removeSome());
    } catch {
      // Nobody waits for this; the next commit meets the same trouble and tells whoever waits for it.
      this.targets = [];
    }
    this.timer = setTimeout(
      () => this.slice(),
      this.targets.length > 0 ? SLICE_PAUSE_MS : ROUND_PAUSE_MS,
    );
  }

  private removeSome(): void {
    let room = SLICE_BLOCKS;
    const cutoffMs = this.cutoffMs();
    for (let looked = 0; looked < TARGETS_AT_A_TIME && room > 0; looked++) {
      const target = this.targets[0];
      if (!target) return;
      const count = this.writes.sweep(target, cutoffMs, room);
      if (count < room) this.targets.shift();
      room -= count;
    }
  }
}

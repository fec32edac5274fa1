import type { Clock } from '../../src/ports/index.ts';

export class ManualClock implements Clock {
  timeMs: number;

  constructor(timeMs = 1_800_000_000_000) {
    this.timeMs = timeMs;
  }

  now(): number {
    return this.timeMs;
  }

  advance(ms: number): void {
    this.timeMs += ms;
  }
}

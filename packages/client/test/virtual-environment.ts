import type { Environment } from '../src/connection/environment.ts';
import type { Dial } from '../src/connection/link.ts';

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

/** Time, timers and microtasks that move only when the test says so. */
export class VirtualEnvironment implements Environment {
  nowMs = 1_000_000;
  randomValue = 0.5;
  wake: () => void = () => undefined;
  readonly dial: Dial;
  readonly logged: string[] = [];
  #timers = new Set<Timer>();
  #tasks: (() => void)[] = [];

  constructor(dial: Dial) {
    this.dial = dial;
  }

  readonly now = (): number => this.nowMs;
  readonly monotonic = (): number => this.nowMs;
  readonly random = (): number => this.randomValue;
  readonly log = (message: string): void => {
    this.logged.push(message);
  };

  readonly soon = (run: () => void): void => {
    this.#tasks.push(run);
  };

  readonly after = (delayMs: number, run: () => void): (() => void) => {
    const timer: Timer = { atMs: this.nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  };

  readonly onWake = (listener: () => void): (() => void) => {
    this.wake = listener;
    return () => {
      this.wake = () => undefined;
    };
  };

  /** Hides the page, or shows it. */
  hide: (isHidden: boolean) => void = () => undefined;

  readonly onHidden = (listener: (isHidden: boolean) => void): (() => void) => {
    this.hide = listener;
    return () => {
      this.hide = () => undefined;
    };
  };

  get waiting(): number {
    return this.#timers.size;
  }

  settle(): void {
    while (this.#tasks.length > 0) for (const task of this.#tasks.splice(0)) task();
  }

  /** Runs what falls due within the span, in order. */
  pass(spanMs: number): void {
    const untilMs = this.nowMs + spanMs;
    this.settle();
    for (;;) {
      const next = [...this.#timers]
        .filter(({ atMs }) => atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
      this.settle();
    }
    this.nowMs = untilMs;
  }
}

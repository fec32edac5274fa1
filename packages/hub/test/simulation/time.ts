/**
 * Time that only the simulation moves, and chance that a seed decides about. While it is installed every timer, `Date`,
 * `performance.now` and `Math.random` of this process are virtual. Timers belong to the simulated process ("life") that
 * asked: a life that ended is never called again, one that is frozen is called when it thaws, and each has a wall clock
 * of its own.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** One simulated process from its start to its end. */
export class Life {
  readonly name: string;
  /** What its wall clock is ahead of the true time, ms. Shared by all lives of a machine. */
  readonly clock: { skewMs: number };
  readonly bornMs: number;
  endedMs: number | undefined;
  /** Its machine lost its power with it. */
  lostPower = false;
  frozenUntilMs = 0;
  readonly #onEnd: (() => void)[] = [];

  constructor(name: string, clock: { skewMs: number }, nowMs: number) {
    this.name = name;
    this.clock = clock;
    this.bornMs = nowMs;
  }

  get isOver(): boolean {
    return this.endedMs !== undefined;
  }

  onEnd(listener: () => void): void {
    this.#onEnd.push(listener);
  }

  end(nowMs: number): void {
    if (this.isOver) return;
    this.endedMs = nowMs;
    for (const listener of this.#onEnd) listener();
  }
}

type Callback = (...args: unknown[]) => void;

class VirtualTimer {
  readonly life: Life | undefined;
  readonly callback: () => void;
  readonly everyMs: number | undefined;
  readonly order: number;
  readonly time: VirtualTime;
  dueMs: number;
  isCancelled = false;

  constructor(
    time: VirtualTime,
    callback: () => void,
    delayMs: number,
    everyMs: number | undefined,
    life: Life | undefined,
    order: number,
  ) {
    this.time = time;
    this.callback = callback;
    this.dueMs = time.nowMs + delayMs;
    this.everyMs = everyMs;
    this.life = life;
    this.order = order;
  }

  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
  close(): this {
    this.isCancelled = true;
    return this;
  }
  [Symbol.dispose](): void {
    this.isCancelled = true;
  }
}

/** Turns of the real event loop after which streams, promises and parsers have come to rest. */
const TURNS = 3;

export class VirtualTime {
  /** The true time, epoch ms. */
  nowMs: number;
  readonly #startMs: number;
  readonly #lives = new AsyncLocalStorage<Life>();
  #heap: VirtualTimer[] = [];
  #order = 0;
  readonly #real = {
    setTimeout: globalThis.setTimeout,
    setInterval: globalThis.setInterval,
    clearTimeout: globalThis.clearTimeout,
    clearInterval: globalThis.clearInterval,
    Date: globalThis.Date,
    now: performance.now,
    random: Math.random,
  };
  readonly #random: () => number;

  constructor(random: () => number, startMs = 1_800_000_000_000) {
    this.#random = random;
    this.nowMs = startMs;
    this.#startMs = startMs;
  }

  get life(): Life | undefined {
    return this.#lives.getStore();
  }

  /** Does it as that process. */
  as<T>(life: Life, work: () => T): T {
    return this.#lives.run(life, work);
  }

  install(): void {
    const start = (
      callback: Callback,
      delay: unknown,
      args: unknown[],
      repeat: boolean,
    ): unknown => {
      const delayMs = Math.max(1, Number(delay) || 1);
      const timer = new VirtualTimer(
        this,
        () => callback(...args),
        delayMs,
        repeat ? delayMs : undefined,
        this.life,
        this.#order++,
      );
      this.#push(timer);
      return timer;
    };
    const cancel = (timer: unknown): void => {
      if (timer instanceof VirtualTimer) timer.isCancelled = true;
      else this.#real.clearTimeout(timer as NodeJS.Timeout | undefined);
    };
    const wall = (): number => Math.floor(this.nowMs + (this.life?.clock.skewMs ?? 0));
    const RealDate = this.#real.Date;
    class VirtualDate extends RealDate {
      constructor(...args: [] | [number]) {
        if (args.length === 0) super(wall());
        else super(...args);
      }
      static override now(): number {
        return wall();
      }
    }
    Object.assign(globalThis, {
      setTimeout: (callback: Callback, delay?: number, ...args: unknown[]) =>
        start(callback, delay, args, false),
      setInterval: (callback: Callback, delay?: number, ...args: unknown[]) =>
        start(callback, delay, args, true),
      clearTimeout: cancel,
      clearInterval: cancel,
      Date: VirtualDate,
    });
    performance.now = () => this.nowMs - this.#startMs;
    Math.random = this.#random;
  }

  uninstall(): void {
    const { now, random, ...rest } = this.#real;
    Object.assign(globalThis, rest);
    performance.now = now;
    Math.random = random;
    this.#heap = [];
  }

  /** Calls back after `ms`, of no process. */
  after(ms: number, callback: () => void): void {
    this.#push(
      new VirtualTimer(this, callback, Math.max(0, ms), undefined, undefined, this.#order++),
    );
  }

  /** Calls back in that process at that time, unless it has ended; when it thaws if it is frozen. */
  afterIn(life: Life, ms: number, callback: () => void): void {
    this.#push(new VirtualTimer(this, callback, Math.max(0, ms), undefined, life, this.#order++));
  }

  /** Lets time pass, and everything happen that is due in it, in order. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (;;) {
      await this.#rest();
      const timer = this.#pop(untilMs);
      if (timer === undefined) break;
      this.#fire(timer);
    }
    this.nowMs = untilMs;
  }

  async #rest(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  #fire(timer: VirtualTimer): void {
    const { life } = timer;
    if (timer.isCancelled || life?.isOver === true) return;
    this.nowMs = Math.max(this.nowMs, timer.dueMs);
    if (life !== undefined && life.frozenUntilMs > this.nowMs) {
      timer.dueMs = life.frozenUntilMs;
      this.#push(timer);
      return;
    }
    if (timer.everyMs !== undefined) {
      timer.dueMs = this.nowMs + timer.everyMs;
      this.#push(timer);
    }
    if (life === undefined) timer.callback();
    else this.as(life, timer.callback);
  }

  #push(timer: VirtualTimer): void {
    const heap = this.#heap;
    heap.push(timer);
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!isBefore(heap[at], heap[parent])) break;
      [heap[at], heap[parent]] = [heap[parent] as VirtualTimer, heap[at] as VirtualTimer];
      at = parent;
    }
  }

  #pop(untilMs: number): VirtualTimer | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.dueMs > untilMs) return undefined;
    const last = heap.pop() as VirtualTimer;
    if (heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const smaller = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
      if (!isBefore(heap[smaller], heap[at])) break;
      [heap[at], heap[smaller]] = [heap[smaller] as VirtualTimer, heap[at] as VirtualTimer];
      at = smaller;
    }
    return first;
  }
}

function isBefore(one: VirtualTimer | undefined, other: VirtualTimer | undefined): boolean {
  if (one === undefined) return false;
  if (other === undefined) return true;
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
}

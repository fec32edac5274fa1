/**
 * The order in which clients are served. What is new on a channel only puts its clients into this queue; they are
 * served in runs short enough that nothing else on the event loop waits long, however many they are. A client that
 * is told again while it waits keeps its place and gets everything at once.
 */
import type { Packet } from './packet.ts';
import type { Timers } from './timers.ts';

/** Clients served before the event loop has its turn, and the time after which it has it anyway. */
const RUN_CLIENTS = 250;
const RUN_MS = 8;
/** The clock is read once for so many clients. */
const LOOK_EVERY = 16;

export interface Served {
  serve(shared: SharedFrames): void;
}

/** Frames of several parts that many clients get alike, by the parts' identity, for as long as one run lasts. */
export type SharedFrames = Map<string, Packet>;

export class SendScheduler {
  readonly #timers: Pick<Timers, 'soon'>;
  readonly #monotonic: () => number;
  #queue: Served[] = [];
  #head = 0;
  #scheduled = false;

  constructor(timers: Pick<Timers, 'soon'>, monotonic: () => number = () => performance.now()) {
    this.#timers = timers;
    this.#monotonic = monotonic;
  }

  /** Serves it when its turn comes. Whoever calls makes sure that it waits once only. */
  enqueue(client: Served): void {
    this.#queue.push(client);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#timers.soon(() => this.#run());
  }

  #run(): void {
    const shared: SharedFrames = new Map();
    const startMs = this.#monotonic();
    for (let count = 1; this.#head < this.#queue.length; count++) {
      const client = this.#queue[this.#head++] as Served;
      client.serve(shared);
      if (count === RUN_CLIENTS) break;
      if (count % LOOK_EVERY === 0 && this.#monotonic() - startMs > RUN_MS) break;
    }
    if (this.#head < this.#queue.length) {
      this.#timers.soon(() => this.#run());
      return;
    }
    this.#queue = [];
    this.#head = 0;
    this.#scheduled = false;
  }
}

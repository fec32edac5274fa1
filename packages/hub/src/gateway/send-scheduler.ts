/**
 * Fair scheduler of sends. A new part only enqueues its subscribers; they are served in slices short enough that
 * nothing else on the event loop waits long, however many they are. A client that is enqueued already keeps its place
 * and gets everything in one frame.
 */
import type { Packet } from './packet.ts';
import type { Timers } from './timers.ts';

/** Clients per slice, and the maximum length of a slice, ms. */
const RUN_CLIENTS = 250;
const RUN_MS = 8;
/** The clock is read once per this many clients. */
const LOOK_EVERY = 16;

export interface Served {
  serve(shared: SharedFrames): void;
}

/** Frames shared within one slice, by the identity of their parts. */
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

  /** Serves the client when its turn comes. The caller ensures that it is enqueued at most once. */
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

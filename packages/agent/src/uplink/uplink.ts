/**
 * Keeps a connection to the hub and sends the queue: what is measured now at once and in order, and what an outage left
 * behind beside it, oldest first and packed. A batch leaves the queue only when the hub has acknowledged that it is stored.
 */
import {
  type AgentUp,
  type Cadence,
  limits,
  type ProcessesMessage,
  type Received,
  type Welcome,
} from '@openmanager/protocol';
import type { Log } from '../log.ts';
import type { BatchQueue } from '../spool/batch-queue.ts';
import type { Pack } from '../spool/pack.ts';
import { firstMark, isAfter, type Mark } from '../spool/mark.ts';
import type { Timing } from '../timing.ts';
import { waitMs } from './backoff.ts';
import type { Ending } from './ending.ts';
import { Session } from './session.ts';
import { type Phase, type PhaseEvent, transitions } from './transition.ts';
import { Flight, type Lane } from './flight.ts';

export interface UplinkOptions {
  readonly url: string;
  readonly key: string;
  readonly queue: BatchQueue;
  readonly timing: Timing;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly hello: () => AgentUp;
  /** The hub knows everything up to `acknowledged`; throws nothing. */
  readonly onWelcome: (welcome: Welcome) => 'go-on' | 'greet-again';
  readonly onCadence: (cadence: Cadence) => void;
  readonly onAcknowledged: (received: Received) => void;
  /** The connection ended: back to the agent's own cadence. */
  readonly onLost: () => void;
}

/** Rows of the last moments go in order before anything else: the hub judges them as the present. */
const PRESENT_MS = 20_000;
/** Batches of the past on their way at once; the rest of `batchesInFlight` is for the present. */
const PAST_IN_FLIGHT = 4;
/** With more holes than this everything is sent in order, which closes them. */
const HOLES = limits.receivedRanges / 2;
/** While the hub stores nothing: more than a day at a batch per second. */
const UNSTORED_IN_FLIGHT = 100_000;

const RESTART: Ending = { message: 'The connection is renewed.', action: 'None needed.' };
/** The same failure is logged again after this many attempts. */
const TELL_EVERY = 20;

export class Uplink {
  hostId: string | undefined;
  /** Batches that the hub could not take and that are lost. */
  rejected = 0;
  acknowledged = 0;
  readonly #options: UplinkOptions;
  readonly #flight = new Flight();
  /** Newest batch of the present that was sent; what is older than the first is the past. */
  #presentUpTo: Mark = firstMark;
  #pastUpTo: Mark = firstMark;
  #pastEnds: Mark = firstMark;
  /** Up to here batches of the past go one by one: a pack of them was rejected. */
  #singlesUpTo: Mark = firstMark;
  /** Up to here the hub knows that nothing is missing. */
  #floorTold: Mark = firstMark;
  /** The hub stores nothing for now. */
  #unstored = false;
  #phase: Phase = 'idle';
  #session: Session | undefined;
  #attempt = 0;
  #cancelRetry: (() => void) | undefined;
  #lastFailure = '';
  #sameFailures = 0;
  #settledListeners: (() => void)[] = [];

  constructor(options: UplinkOptions) {
    this.#options = options;
  }

  get live(): boolean {
    return this.#phase === 'live';
  }

  get inFlight(): number {
    return this.#flight.size;
  }

  start(): void {
    if (this.#move('start')) this.#connect();
  }

  /** Something is new in the queue. */
  pump(): void {
    while (this.#phase === 'live' && this.#session?.writable)
      if (!this.#sendPresent() && !this.#sendPast()) return;
  }

  #sendPresent(): boolean {
    const bound = this.#unstored ? UNSTORED_IN_FLIGHT : limits.batchesInFlight - PAST_IN_FLIGHT;
    if (this.#flight.in('present') >= bound) return false;
    const entry = this.#options.queue.after(this.#presentUpTo);
    if (!entry || !this.#send({ first: entry.mark.seq, entry }, 'present')) return false;
    this.#presentUpTo = entry.mark;
    return true;
  }

  #sendPast(): boolean {
    // What is not stored anyway need not be sent.
    if (this.#unstored || this.#flight.in('past') >= PAST_IN_FLIGHT) return false;
    const single = isAfter(this.#singlesUpTo, this.#pastUpTo);
    const pack = this.#options.queue.pack(this.#pastUpTo, this.#pastEnds, single);
    if (!pack || !this.#send(pack, 'past')) return false;
    this.#pastUpTo = pack.entry.mark;
    return true;
  }

  #send({ first, entry }: Pack, lane: Lane): boolean {
    const session = this.#session as Session;
    if (!session.declare(entry.set)) {
      this.renew('more series sets than one connection takes');
      return false;
    }
    const { bootEpoch, seq } = entry.mark;
    this.#flight.send({ bootEpoch, first, last: seq, lane });
    session.sendBatch(entry.bytes, () => this.pump());
    return true;
  }

  /** The newest process table; lost when the hub is away, since only the newest counts. */
  sendProcesses(message: ProcessesMessage): void {
    if (this.#phase === 'live' && this.#session?.writable) this.#session.send(message);
  }

  /** Reconnects and sends a new `hello`, for instance because the clock was set. */
  renew(reason: string): void {
    if (this.#phase !== 'live') return;
    this.#options.log('info', 'renewing the connection to the hub', { reason });
    this.#attempt = 0;
    this.#session?.close(RESTART);
  }

  /** Resolves when the queue is empty, the connection is gone, or `limitMs` have passed. */
  drained(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        resolve();
      };
      const cancel = this.#options.timing.after(limitMs, done);
      const poll = (): void => {
        if (!this.live || this.#options.queue.isEmpty) done();
      };
      this.#settledListeners.push(poll);
      poll();
    });
  }

  stop(): void {
    this.#move('stop');
    this.#cancelRetry?.();
    this.#session?.close({ message: 'The agent stops.', action: 'None needed.' });
  }

  #move(event: PhaseEvent): boolean {
    const next = transitions[this.#phase][event];
    if (next === null) return false;
    this.#phase = next;
    return true;
  }

  #connect(): void {
    const { url, key, timing } = this.#options;
    const session: Session = new Session({
      url,
      key,
      timing,
      handlers: {
        greet: () => {
          this.#move('opened');
          return this.#options.hello();
        },
        welcome: (welcome) => this.#welcomed(welcome),
        acknowledge: (received) => this.#acknowledge(received),
        reject: (mark, reason) => this.#reject(mark, reason),
        cadence: (cadence) => this.#options.onCadence(cadence),
        unstored: () => this.#storesNothing(),
        unknown: (text) =>
          this.#options.log('warn', 'the hub sent a message of an unknown form', { text }),
        ended: (ending) => this.#lost(ending),
      },
    });
    this.#session = session;
  }

  #welcomed(welcome: Welcome): void {
    if (this.#phase !== 'greeting') return;
    this.hostId = welcome.hostId;
    if (this.#options.onWelcome(welcome) === 'greet-again') return this.#session?.close(RESTART);
    this.#move('welcomed');
    this.#lastFailure = '';
    this.#options.log('info', 'connected to the hub', {
      hub: this.#options.url,
      hostId: welcome.hostId,
    });
    this.#options.queue.settle(welcome.acknowledged);
    this.#floorTold = firstMark;
    this.#split(welcome.acknowledged);
    this.#settled();
    this.pump();
  }

  /** Parts what waits into the present, which goes first, and the past. */
  #split({ ranges }: Received): void {
    const { queue, timing } = this.#options;
    this.#pastUpTo = firstMark;
    this.#pastEnds = ranges.length > HOLES ? firstMark : queue.before(timing.now() - PRESENT_MS);
    this.#presentUpTo = this.#pastEnds;
  }

  #acknowledge(received: Received): void {
    this.#unstored = false;
    this.#options.queue.settle(received);
    this.#options.onAcknowledged(received);
    this.acknowledged += this.#flight.settle(received);
    // Reset the backoff only once the hub acknowledges: before that the waits keep growing.
    this.#attempt = 0;
    this.#floorTold = received;
    this.#settled();
    this.pump();
  }

  #storesNothing(): void {
    if (!this.#unstored)
      this.#options.log('warn', 'the hub cannot store at the moment: samples are kept here', {
        action: 'Check the disk of the hub.',
      });
    this.#unstored = true;
    this.pump();
  }

  #reject(mark: Mark, reason: string): void {
    const batch = this.#flight.take(mark);
    if (!batch) return;
    if (batch.first < batch.last) {
      // One of them is wrong, at most: they are sent again, one by one.
      this.#singlesUpTo = mark;
      this.#pastUpTo = { bootEpoch: batch.bootEpoch, seq: batch.first - 1 };
      return this.pump();
    }
    this.#options.queue.giveUp(mark);
    this.rejected++;
    this.#options.log('error', 'the hub rejected a batch, which is lost', {
      reason,
      bootEpoch: mark.bootEpoch,
      seq: mark.seq,
      rejected: this.rejected,
    });
    this.#settled();
    this.pump();
  }

  /** Tells the hub what it need not wait for, unless it knows. */
  #settled(): void {
    const { floor } = this.#options.queue;
    if (isAfter(floor, this.#floorTold) && this.#phase === 'live') {
      this.#floorTold = floor;
      this.#session?.send({ type: 'floor', bootEpoch: floor.bootEpoch, seq: floor.seq });
      this.#options.queue.settleUpTo(floor);
    }
    for (const listener of this.#settledListeners) listener();
  }

  #lost(ending: Ending): void {
    this.#flight.reset();
    this.#unstored = false;
    this.#session = undefined;
    const wasLive = this.#phase === 'live';
    if (!this.#move('lost')) return;
    if (wasLive) this.#options.onLost();
    for (const listener of this.#settledListeners) listener();
    const delayMs = ending === RESTART ? 0 : waitMs(this.#attempt++, ending, this.#options.random);
    if (ending !== RESTART) this.#tell(ending, delayMs);
    this.#cancelRetry = this.#options.timing.after(delayMs, () => {
      if (this.#move('retry')) this.#connect();
    });
  }

  /** Logs a failure when it is new, and at intervals while it lasts. */
  #tell(ending: Ending, delayMs: number): void {
    this.#sameFailures = ending.message === this.#lastFailure ? this.#sameFailures + 1 : 0;
    this.#lastFailure = ending.message;
    const level =
      this.#sameFailures % TELL_EVERY === 0 ? (ending.code ? 'error' : 'warn') : 'debug';
    this.#options.log(level, ending.message, {
      action: ending.action,
      ...(ending.code ? { code: ending.code } : {}),
      retryInMs: Math.round(delayMs),
    });
  }
}

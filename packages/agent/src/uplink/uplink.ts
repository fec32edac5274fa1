/**
 * Keeps a connection to the hub and sends the queue, oldest first. A batch leaves the queue only when the hub has
 * acknowledged that it is stored.
 */
import {
  type AgentUp,
  type Cadence,
  limits,
  type ProcessesMessage,
  type Welcome,
} from '@openmanager/protocol';
import type { Log } from '../log.ts';
import type { BatchQueue } from '../spool/batch-queue.ts';
import type { Mark } from '../spool/mark.ts';
import type { Timing } from '../timing.ts';
import { waitMs } from './backoff.ts';
import type { Ending } from './ending.ts';
import { Session } from './session.ts';
import { type Phase, type PhaseEvent, transitions } from './transition.ts';
import { Window } from './window.ts';

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
  /** The connection ended: back to the agent's own cadence. */
  readonly onLost: () => void;
}

const RESTART: Ending = { message: 'The connection is renewed.', action: 'None needed.' };
/** The same failure is logged again after this many attempts. */
const TELL_EVERY = 20;

export class Uplink {
  hostId: string | undefined;
  /** Batches that the hub could not take and that are lost. */
  rejected = 0;
  acknowledged = 0;
  readonly #options: UplinkOptions;
  readonly #window = new Window(limits.batchesInFlight);
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
    return this.#window.inFlight;
  }

  start(): void {
    if (this.#move('start')) this.#connect();
  }

  /** Something is new in the queue. */
  pump(): void {
    const session = this.#session;
    const window = this.#window;
    const { queue } = this.#options;
    while (this.#phase === 'live' && session?.writable && !window.isFull) {
      const entry = queue.after(window.sentUpTo);
      if (!entry) return;
      if (!session.declare(entry.set))
        return this.renew('more series sets than one connection takes');
      if (window.send(entry.mark)) session.sendBatch(entry.bytes, () => this.pump());
      else this.#settle();
    }
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
        acknowledge: (mark) => this.#acknowledge(mark),
        reject: (mark, reason) => this.#reject(mark, reason),
        cadence: (cadence) => this.#options.onCadence(cadence),
        unstored: () => this.#unstored(),
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
    this.#window.acknowledge(welcome.acknowledged);
    this.#settle();
    this.pump();
  }

  #acknowledge(mark: Mark): void {
    const before = this.#window.inFlight;
    this.#window.acknowledge(mark);
    this.acknowledged += before - this.#window.inFlight;
    // Reset the backoff only once the hub acknowledges: before that the waits keep growing.
    this.#attempt = 0;
    this.#settle();
    this.pump();
  }

  #unstored(): void {
    if (this.#window.lift())
      this.#options.log('warn', 'the hub cannot store at the moment: samples are kept here', {
        action: 'Check the disk of the hub.',
      });
    this.pump();
  }

  #reject(mark: Mark, reason: string): void {
    if (!this.#window.reject(mark)) return;
    this.rejected++;
    this.#options.log('error', 'the hub rejected a batch, which is lost', {
      reason,
      bootEpoch: mark.bootEpoch,
      seq: mark.seq,
      rejected: this.rejected,
    });
    this.#settle();
    this.pump();
  }

  #settle(): void {
    this.#options.queue.acknowledge(this.#window.settled);
    for (const listener of this.#settledListeners) listener();
  }

  #lost(ending: Ending): void {
    this.#window.reset();
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

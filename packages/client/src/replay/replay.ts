/**
 * loading ─frames are here→ playing ⇄ paused; either ─nothing loaded ahead→ loading, ─toMs reached→ ended
 * seek: from any of them to loading, with a client of its own, since what was shown is not what comes next.
 */
import { ProtocolError, type ErrorBody } from '@openmanager/protocol';
import { Client } from '../client.ts';
import { systemEnvironment, type Cancel, type Environment } from '../connection/environment.ts';
import { originOf } from '../options.ts';
import type { ClientOptions, Listener, OpenManagerClient, Readable } from '../types.ts';
import { HubRecording, type Recording } from './recording.ts';
import { ReplayLink } from './replay-link.ts';

export interface ReplayOptions extends Pick<
  ClientOptions,
  'url' | 'token' | 'pointsPerSeries' | 'pointsInAll' | 'debug'
> {
  /** Where the recording begins, epoch ms. */
  readonly fromMs: number;
  /** Where it ends, epoch ms. @default now */
  readonly toMs?: number;
  /** Times as fast as it happened. @default 1 */
  readonly speed?: number;
}

export const replayDefaults: { readonly speed: number } = { speed: 1 };

/** The speeds a replay can have: below the least nothing moves, above the most charts are steps. */
export const replaySpeeds: readonly [min: number, max: number] = [0.25, 60];

export interface ReplayState {
  readonly status: 'loading' | 'playing' | 'paused' | 'ended';
  /** Time that is shown, epoch ms. */
  readonly timeMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly speed: number;
  /** The error of loading, while it lasts; loading is retried. */
  readonly error: ErrorBody | undefined;
  /** What the hooks read; another one after each seek. */
  readonly client: OpenManagerClient;
}

/** Plays what a hub has stored through a client like the live one. */
export interface Replay extends Readable<ReplayState> {
  play(): void;
  pause(): void;
  /** Goes to a time between `fromMs` and `toMs`, epoch ms. */
  seek(timeMs: number): void;
  setSpeed(speed: number): void;
  close(): void;
}

/** Interval of the playback timer, ms. */
const TICK_MS = 100;
/** Live frames come at most once a second; a fast replay makes two steps a second. */
const MIN_STEP_MS = 1_000;
const STEPS_PER_SECOND = 2;

export function createReplay(options: ReplayOptions): Replay {
  const target = { url: originOf(options), token: options.token };
  return new RecordedReplay(options, systemEnvironment, new HubRecording(target));
}

export class RecordedReplay implements Replay {
  readonly #options: ReplayOptions;
  readonly #environment: Environment;
  readonly #recording: Recording;
  readonly #toMs: number;
  readonly #listeners = new Set<Listener>();
  #timeMs: number;
  #speed: number;
  #wantsToPlay = true;
  #error: ErrorBody | undefined;
  #client: Client;
  #link: ReplayLink | undefined;
  #lastMs: number;
  #cancelTick: Cancel | undefined;
  #state: ReplayState;

  /** Throws `invalid-input` for an empty span. */
  constructor(options: ReplayOptions, environment: Environment, recording: Recording) {
    this.#options = options;
    this.#environment = environment;
    this.#recording = recording;
    this.#toMs = options.toMs ?? environment.now();
    if (!(options.fromMs < this.#toMs))
      throw new ProtocolError('invalid-input', 'A replay ends after it begins.', 'toMs');
    this.#timeMs = options.fromMs;
    this.#speed = bounded(options.speed ?? replayDefaults.speed, ...replaySpeeds);
    this.#lastMs = environment.monotonic();
    this.#client = this.#newClient();
    this.#state = this.#describe();
    this.#tickLater();
  }

  readonly subscribe = (listener: Listener): (() => void) => {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  };

  readonly getSnapshot = (): ReplayState => this.#state;

  play(): void {
    if (this.#timeMs >= this.#toMs) this.seek(this.#options.fromMs);
    this.#wantsToPlay = true;
    this.#changed();
  }

  pause(): void {
    this.#wantsToPlay = false;
    this.#changed();
  }

  seek(timeMs: number): void {
    this.#timeMs = bounded(timeMs, this.#options.fromMs, this.#toMs);
    this.#error = undefined;
    const former = this.#client;
    this.#client = this.#newClient();
    this.#changed();
    former.close();
  }

  setSpeed(speed: number): void {
    this.#speed = bounded(speed, ...replaySpeeds);
    this.#link?.reload();
    this.#changed();
  }

  close(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    this.#client.close();
    this.#listeners.clear();
  }

  get #stepMs(): number {
    return Math.max(MIN_STEP_MS, Math.round((this.#speed * 1000) / STEPS_PER_SECOND));
  }

  #newClient(): Client {
    const environment = this.#environment;
    const recording = this.#recording;
    const toMs = this.#toMs;
    // The rest is about the replay, which the client knows nothing of.
    const { fromMs, toMs: _toMs, speed: _speed, ...clientOptions } = this.#options;
    const never = (): (() => void) => () => undefined;
    const clock = {
      timeMs: () => this.#timeMs,
      fromMs,
      toMs,
      stepMs: () => this.#stepMs,
      monotonic: environment.monotonic,
    };
    const made: Client = new Client(clientOptions, {
      ...environment,
      now: () => Math.floor(this.#timeMs),
      onWake: never,
      onHidden: never,
      dial: (_target, handlers) => {
        const link = new ReplayLink(recording, clock, handlers, (error) => {
          if (this.#client === made) this.#failed(error);
        });
        this.#link = link;
        environment.soon(() => handlers.opened());
        return link;
      },
    });
    made.connect();
    return made;
  }

  #failed(error: ProtocolError | undefined): void {
    if (this.#error?.code === error?.code) return;
    this.#error = error?.toBody();
    this.#changed();
  }

  #tickLater(): void {
    this.#cancelTick = this.#environment.after(TICK_MS, () => {
      this.#tick();
      this.#tickLater();
    });
  }

  #tick(): void {
    const nowMs = this.#environment.monotonic();
    const passedMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (this.#wantsToPlay && this.#link)
      this.#timeMs = Math.max(
        this.#timeMs,
        Math.min(this.#timeMs + passedMs * this.#speed, this.#link.loadedMs),
      );
    this.#link?.pump();
    this.#changed();
  }

  #changed(): void {
    const next = this.#describe();
    const state = this.#state;
    if (
      next.status === state.status &&
      next.client === state.client &&
      next.error === state.error &&
      next.speed === state.speed &&
      Math.floor(next.timeMs / 1000) === Math.floor(state.timeMs / 1000)
    )
      return;
    this.#state = next;
    for (const listener of this.#listeners) listener();
  }

  #describe(): ReplayState {
    const timeMs = this.#timeMs;
    const toMs = this.#toMs;
    const speed = this.#speed;
    const error = this.#error;
    const client = this.#client;
    return {
      status: this.#status(),
      timeMs,
      fromMs: this.#options.fromMs,
      toMs,
      speed,
      error,
      client,
    };
  }

  #status(): ReplayState['status'] {
    if (this.#timeMs >= this.#toMs) return 'ended';
    if (this.#link === undefined || this.#link.loadedMs <= this.#timeMs) return 'loading';
    return this.#wantsToPlay ? 'playing' : 'paused';
  }
}

function bounded(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

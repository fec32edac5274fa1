/** The frames of one topic, loaded ahead of the time that is played. */
import { ProtocolError, type FrameTopic } from '@openmanager/protocol';
import type { RecordedFrame, Recording, Span } from './recording.ts';

/** Steps in one request, and how far ahead of the time that is played the next one is made. */
const WINDOW_STEPS = 120;
const AHEAD_STEPS = 60;
const RETRY_MS = 2_000;

export interface FeedOptions extends Pick<Span, 'topic' | 'channel' | 'hosts' | 'metrics'> {
  readonly topic: FrameTopic;
  readonly recording: Recording;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: () => number;
  readonly failed: (error: ProtocolError | undefined) => void;
}

export class Feed {
  /** Everything before this time is here, epoch ms. */
  loadedMs: number;
  hosts: readonly string[] | undefined;
  readonly #options: FeedOptions;
  #queue: RecordedFrame[] = [];
  #offset = 0;
  #asking: AbortController | undefined;
  #retryAtMs = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.hosts = options.hosts;
    this.loadedMs = options.fromMs;
  }

  /** Frames up to the time, in order; asks for more before they run out. `nowMs` is the clock for trying again. */
  take(timeMs: number, nowMs: number): readonly RecordedFrame[] {
    const count = this.#queue.findIndex((frame) => frame.timeMs > timeMs);
    const due = this.#queue.splice(0, count < 0 ? this.#queue.length : count);
    this.#offset = due.at(-1)?.offset ?? this.#offset;
    const aheadMs = this.#options.stepMs() * AHEAD_STEPS;
    const isShort = this.loadedMs < this.#options.toMs && this.loadedMs - timeMs < aheadMs;
    if (isShort && this.#asking === undefined && nowMs >= this.#retryAtMs) void this.#ask(nowMs);
    return due;
  }

  /** Loads again from this time on: the steps or the hosts are others. */
  reload(timeMs: number): void {
    this.#asking?.abort();
    this.#asking = undefined;
    this.#queue = [];
    this.loadedMs = timeMs;
    this.#retryAtMs = 0;
  }

  stop(): void {
    this.#asking?.abort();
  }

  async #ask(nowMs: number): Promise<void> {
    const { recording, topic, channel, metrics, toMs, stepMs, failed } = this.#options;
    const asking = new AbortController();
    this.#asking = asking;
    const step = stepMs();
    const fromMs = this.loadedMs;
    const untilMs = Math.min(toMs, fromMs + step * WINDOW_STEPS);
    const offset = this.#queue.at(-1)?.offset ?? this.#offset;
    const { hosts } = this;
    try {
      const frames = await recording.frames(
        { topic, channel, offset, fromMs, toMs: untilMs, stepMs: step, hosts, metrics },
        asking.signal,
      );
      if (asking.signal.aborted) return;
      this.#queue.push(...frames);
      this.loadedMs = untilMs;
      failed(undefined);
    } catch (error) {
      if (asking.signal.aborted) return;
      this.#retryAtMs = nowMs + RETRY_MS;
      failed(
        error instanceof ProtocolError
          ? error
          : new ProtocolError('internal', 'The hub cannot be reached.'),
      );
    }
    this.#asking = undefined;
  }
}

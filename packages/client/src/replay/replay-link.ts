/**
 * A link that replays history: it answers as a hub would, and delivers recorded frames at the pace of the replay. To
 * the client it is a connection like any other.
 */
import {
  encodePart,
  historyRequestSchema,
  outlookRequestSchema,
  targetOfTopic,
  isFrameTopic,
  isTopic,
  ProtocolError,
  type Alert,
  type HubEvent,
  type MessagePayload,
  type Topic,
} from '@openmanager/protocol';
import * as v from 'valibot';
import type { Link, LinkEvent, LinkHandlers } from '../connection/link.ts';
import { Feed } from './feed.ts';
import { alertAt, alertsChanged, eventsBetween } from './past-list.ts';
import type { Recording } from './recording.ts';

export interface ReplayClock {
  /** Time that is played, epoch ms. */
  readonly timeMs: () => number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: () => number;
  readonly monotonic: () => number;
}

/** A topic of messages: alerts or events, pushed as playback reaches them. */
interface PushedTopic {
  readonly topic: 'alerts' | 'events';
  readonly channel: number;
  offset: number;
  /** Playback time up to which changes were pushed, epoch ms; undefined before the snapshot. */
  pushedMs: number | undefined;
}

const askedSchema = v.object({
  topic: v.pipe(v.string(), v.check(isTopic)),
  hosts: v.optional(v.array(v.string())),
  metrics: v.optional(v.array(v.string())),
});

const EPOCH = 1;
const encoder = new TextEncoder();

export class ReplayLink implements Link {
  readonly #recording: Recording;
  readonly #clock: ReplayClock;
  readonly #handlers: LinkHandlers;
  readonly #failed: (error: ProtocolError | undefined) => void;
  readonly #feeds = new Map<Topic, Feed>();
  readonly #pushed = new Map<Topic, PushedTopic>();
  readonly #ending = new AbortController();
  #alerts: Promise<readonly Alert[]> | undefined;
  #events: Promise<readonly HubEvent[]> | undefined;
  #channels = 0;

  constructor(
    recording: Recording,
    clock: ReplayClock,
    handlers: LinkHandlers,
    failed: (error: ProtocolError | undefined) => void,
  ) {
    this.#recording = recording;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#failed = failed;
  }

  /** Time up to which every subscribed topic is loaded; without subscriptions, the playback time. */
  get loadedMs(): number {
    if (this.#feeds.size + this.#pushed.size === 0) return this.#clock.timeMs();
    return Math.min(this.#clock.toMs, ...[...this.#feeds.values()].map((feed) => feed.loadedMs));
  }

  /** Delivers the frames that are due. */
  pump(): void {
    const timeMs = this.#clock.timeMs();
    for (const feed of this.#feeds.values())
      for (const { bytes } of feed.take(timeMs, this.#clock.monotonic()))
        this.#handlers.frame(bytes);
    for (const topic of this.#pushed.values()) void this.#push(topic, timeMs);
  }

  reload(): void {
    for (const feed of this.#feeds.values()) feed.reload(Math.floor(this.#clock.timeMs()));
  }

  request(event: LinkEvent, payload: unknown, answered: (answer: unknown) => void): void {
    switch (event) {
      case 'subscribe':
        this.#subscribe(v.parse(askedSchema, payload), answered);
        break;
      case 'view': {
        const { topic, hosts } = v.parse(askedSchema, payload);
        const feed = this.#feeds.get(topic as Topic);
        if (feed) {
          feed.hosts = hosts;
          feed.reload(Math.floor(this.#clock.timeMs()));
        }
        answered({ ok: true, topic });
        break;
      }
      case 'unsubscribe': {
        const { topic } = v.parse(askedSchema, payload);
        this.#leave(topic as Topic);
        answered({ ok: true, topic });
        break;
      }
      case 'history':
        void this.#history(payload).then(answered);
        break;
      case 'outlook':
        void this.#outlook(payload).then(answered);
        break;
      case 'clock':
        answered({ ok: true, hubTimeMs: this.#clock.timeMs() });
        break;
    }
  }

  progress(): void {
    // No backpressure: frames are pulled.
  }

  close(): void {
    this.#ending.abort();
    for (const feed of this.#feeds.values()) feed.stop();
    this.#feeds.clear();
    this.#pushed.clear();
  }

  #leave(topic: Topic): void {
    this.#feeds.get(topic)?.stop();
    this.#feeds.delete(topic);
    this.#pushed.delete(topic);
  }

  #subscribe(asked: v.InferOutput<typeof askedSchema>, answered: (answer: unknown) => void): void {
    const topic = asked.topic as Topic;
    this.#leave(topic);
    const channel = ++this.#channels;
    answered({ ok: true, topic, channel, epoch: EPOCH, recovery: 'fresh' });
    if (topic === 'alerts' || topic === 'events') {
      this.#pushed.set(topic, { topic, channel, offset: 0, pushedMs: undefined });
    } else if (isFrameTopic(topic)) {
      const recording = this.#recording;
      const clock = this.#clock;
      const failed = this.#failed;
      // Hosts are named for the fleet only.
      const hosts = targetOfTopic(topic) === undefined ? asked.hosts : undefined;
      const { metrics } = asked;
      const fromMs = Math.floor(clock.timeMs());
      this.#feeds.set(
        topic,
        new Feed({
          topic,
          channel,
          hosts,
          metrics,
          recording,
          failed,
          fromMs,
          toMs: clock.toMs,
          stepMs: clock.stepMs,
        }),
      );
    }
    // The state of the hub itself is not recorded: topic `system` stays empty.
  }

  async #history(payload: unknown): Promise<unknown> {
    return this.#ask(() => {
      const { hostId, keys, fromMs, toMs, maxPoints } = v.parse(historyRequestSchema, payload);
      const query = new URLSearchParams({ fromMs: String(fromMs), maxPoints: String(maxPoints) });
      // Requests are clamped to the playback time.
      query.set('toMs', String(Math.floor(Math.min(toMs, this.#clock.timeMs()))));
      for (const key of keys ?? []) query.append('keys', key);
      return `hosts/${encodeURIComponent(hostId)}/history?${query.toString()}`;
    });
  }

  async #outlook(payload: unknown): Promise<unknown> {
    return this.#ask(() => {
      const { hostId, key, fromMs, toMs } = v.parse(outlookRequestSchema, payload);
      const until = Math.floor(Math.min(toMs, this.#clock.timeMs()));
      const query = new URLSearchParams({ key, fromMs: String(fromMs), toMs: String(until) });
      return `hosts/${encodeURIComponent(hostId)}/outlook?${query.toString()}`;
    });
  }

  async #ask(pathOf: () => string): Promise<unknown> {
    try {
      const answer = await this.#recording.get(pathOf(), this.#ending.signal);
      return { ok: true, ...(answer as object) };
    } catch (error) {
      const known = error instanceof ProtocolError ? error : new ProtocolError('internal');
      return { ok: false, error: known.toBody() };
    }
  }

  async #push(topic: PushedTopic, timeMs: number): Promise<void> {
    const { fromMs } = this.#clock;
    const { signal } = this.#ending;
    try {
      const payload =
        topic.topic === 'alerts'
          ? alertsPayload(
              await (this.#alerts ??= this.#recording.alerts(fromMs, signal)),
              topic,
              timeMs,
            )
          : eventsPayload(
              await (this.#events ??= this.#recording.events(fromMs, signal)),
              topic,
              timeMs,
            );
      if (payload === undefined || this.#pushed.get(topic.topic) !== topic) return;
      topic.pushedMs = timeMs;
      const header = { kind: 'message', channel: topic.channel, offset: ++topic.offset } as const;
      const body = encoder.encode(JSON.stringify(payload));
      this.#handlers.frame(encodePart({ ...header, span: 1, hubTimeMs: Math.floor(timeMs) }, body));
    } catch (error) {
      // Asked again with the next frames.
      this.#alerts = undefined;
      this.#events = undefined;
      if (!signal.aborted && error instanceof ProtocolError) this.#failed(error);
    }
  }
}

function alertsPayload(
  alerts: readonly Alert[],
  { pushedMs }: PushedTopic,
  timeMs: number,
): MessagePayload | undefined {
  if (pushedMs === undefined) {
    const there = alerts.flatMap((alert) => alertAt(alert, timeMs) ?? []);
    return { topic: 'alerts', kind: 'snapshot', alerts: there };
  }
  const changed = alertsChanged(alerts, pushedMs, timeMs);
  return changed.length === 0 ? undefined : { topic: 'alerts', kind: 'change', alerts: changed };
}

function eventsPayload(
  events: readonly HubEvent[],
  { pushedMs }: PushedTopic,
  timeMs: number,
): MessagePayload | undefined {
  const some = eventsBetween(events, pushedMs ?? Number.NEGATIVE_INFINITY, timeMs);
  if (pushedMs === undefined) return { topic: 'events', kind: 'snapshot', events: some };
  return some.length === 0 ? undefined : { topic: 'events', kind: 'change', events: some };
}

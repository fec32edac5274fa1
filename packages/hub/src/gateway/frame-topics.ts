import {
  targetOfTopic,
  targetTopic,
  ProtocolError,
  type FrameTopic,
  type Priority,
} from '@openmanager/protocol';
import type {
  HostDirectory,
  LateRows,
  LiveTicks,
  OutlookSource,
  Unsubscribe,
} from '../ports/index.ts';
import type { ChannelOptions } from './channel.ts';
import type { DeliveryCounters } from './delivery-counters.ts';
import { FrameChannel } from './frame-channel.ts';
import type { Cancel, Timers } from './timers.ts';
import { fleetView, hostView, metricsView } from './view.ts';

/**
 * Batching delay: changes are collected for this long after the first, on all channels, and then flushed together.
 * Agents sample at the same moment, and a client of several topics gets one frame.
 */
const FLUSH_DELAY_MS = 20;
const KEYFRAME_INTERVAL_MS = 1_000;

export interface FrameTopicsOptions {
  readonly live: LiveTicks & Pick<HostDirectory, 'processes'>;
  readonly outlooks: OutlookSource;
  readonly timers: Timers;
  readonly counters: DeliveryCounters;
  readonly lingerMs: number;
  readonly idleChannels: number;
  readonly maxChannels: number;
  /** Number, epoch, clock and ring of a new channel. */
  readonly describe: (
    topic: FrameTopic,
    minPriority: Priority,
    firstOffset: number,
  ) => ChannelOptions;
}

/** What the subscribers of one channel see alike. */
export interface ChannelView {
  readonly minPriority: Priority;
  /** Minimum time between two deltas, ms; 0 to flush with all channels. */
  readonly rateMs: number;
  /** Metric names or series keys; all series when undefined. */
  readonly metrics: readonly string[] | undefined;
}

/**
 * The channels of `fleet` and `target:<id>`, created on first use and fed from the live stream. A channel without
 * subscribers lingers, so that a client that reconnects can resume.
 */
export class FrameTopics {
  readonly #options: FrameTopicsOptions;
  readonly #channels: Map<string, FrameChannel> = new Map();
  readonly #names: WeakMap<FrameChannel, string> = new WeakMap();
  /** Channels without holders, longest idle first. */
  readonly #idle: Map<FrameChannel, Cancel> = new Map();
  readonly #holders: Map<FrameChannel, number> = new Map();
  readonly #unsubscribe: readonly Unsubscribe[];
  /**
   * First offset of a new channel, above those of all closed channels, so that a stale cursor never matches by chance.
   */
  #floor = 0;
  readonly #byTopic: Map<FrameTopic, Set<FrameChannel>> = new Map();
  #due: Set<FrameChannel> = new Set();
  #nextFlush: Cancel | undefined;

  constructor(options: FrameTopicsOptions) {
    this.#options = options;
    const { live, outlooks } = options;
    const touch = (hostId: string): void => {
      this.#each(hostId, (channel) => channel.touch(hostId));
    };
    this.#unsubscribe = [
      live.onTick((tick) => touch(tick.hostId)),
      live.onRemoved(touch),
      live.onLate((rows) => this.#late(rows)),
      live.onHostInfo((info) => this.#each(info.hostId, (channel) => channel.info(info.hostId))),
      live.onProcesses((table) => {
        for (const channel of this.#byTopic.get(targetTopic(table.hostId)) ?? [])
          channel.table(table);
      }),
      outlooks.onOutlook((hostId) => {
        for (const channel of this.#byTopic.get(targetTopic(hostId)) ?? [])
          channel.outlookChanged();
      }),
    ];
  }

  /** The channel, kept alive until `release`. */
  hold(topic: FrameTopic, asked: ChannelView): FrameChannel {
    const host = targetOfTopic(topic);
    const view = host === undefined ? asked : { ...asked, minPriority: 'low' as const };
    const name = nameOf(topic, view);
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      if (this.#channels.size >= this.#options.maxChannels) this.#dropIdle();
      if (this.#channels.size >= this.#options.maxChannels)
        throw new ProtocolError('too-many-subscriptions', 'too many different views are held');
      channel = this.#make(topic, host, view);
      this.#channels.set(name, channel);
      this.#names.set(channel, name);
      const channels = this.#byTopic.get(topic);
      if (channels === undefined) this.#byTopic.set(topic, new Set([channel]));
      else channels.add(channel);
    }
    this.#idle.get(channel)?.();
    this.#idle.delete(channel);
    this.#holders.set(channel, (this.#holders.get(channel) ?? 0) + 1);
    return channel;
  }

  release(channel: FrameChannel): void {
    const holders = (this.#holders.get(channel) ?? 0) - 1;
    if (holders > 0) {
      this.#holders.set(channel, holders);
      return;
    }
    this.#holders.delete(channel);
    this.#idle.set(
      channel,
      this.#options.timers.after(this.#options.lingerMs, () => this.#letGo(channel)),
    );
    if (this.#idle.size > this.#options.idleChannels) this.#dropIdle();
  }

  #dropIdle(): void {
    const [longest] = this.#idle.keys();
    if (longest !== undefined) this.#letGo(longest);
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#nextFlush?.();
    for (const cancel of this.#idle.values()) cancel();
    for (const channel of this.#channels.values()) channel.stop();
    this.#channels.clear();
    this.#byTopic.clear();
  }

  #make(topic: FrameTopic, host: string | undefined, asked: ChannelView): FrameChannel {
    const { live, outlooks, timers, counters, describe } = this.#options;
    const whole =
      host === undefined ? fleetView(live, asked.minPriority) : hostView(live, outlooks, host);
    return new FrameChannel({
      ...describe(topic, asked.minPriority, this.#floor),
      live,
      timers,
      counters,
      view: asked.metrics === undefined ? whole : metricsView(live, whole, asked.metrics),
      rateMs: asked.rateMs,
      onDue: (channel) => this.#flushSoon(channel),
      keyframeIntervalMs: host === undefined ? KEYFRAME_INTERVAL_MS : 0,
    });
  }

  #flushSoon(channel: FrameChannel): void {
    this.#due.add(channel);
    this.#nextFlush ??= this.#options.timers.after(FLUSH_DELAY_MS, () => {
      this.#nextFlush = undefined;
      const due = this.#due;
      this.#due = new Set();
      for (const each of due) each.flush();
    });
  }

  #letGo(channel: FrameChannel): void {
    this.#idle.get(channel)?.();
    this.#idle.delete(channel);
    this.#channels.delete(this.#names.get(channel) ?? '');
    const channels = this.#byTopic.get(channel.topic as FrameTopic);
    channels?.delete(channel);
    if (channels?.size === 0) this.#byTopic.delete(channel.topic as FrameTopic);
    this.#due.delete(channel);
    this.#floor = Math.max(this.#floor, channel.offset + 1);
    channel.stop();
  }

  #late(rows: LateRows): void {
    this.#each(rows.hostId, (channel) => channel.late(rows));
  }

  /** The channels that may show the host. */
  #each(hostId: string, visit: (channel: FrameChannel) => void): void {
    for (const channel of this.#byTopic.get('fleet') ?? []) visit(channel);
    for (const channel of this.#byTopic.get(targetTopic(hostId)) ?? []) visit(channel);
  }
}

function nameOf(topic: string, { minPriority, rateMs, metrics }: ChannelView): string {
  return JSON.stringify([topic, minPriority, rateMs, metrics?.toSorted()]);
}

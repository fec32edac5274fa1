import { hostOfTopic, hostTopic, type FrameTopic, type Priority } from '@openmanager/protocol';
import type { HostDirectory, LateRows, LiveTicks, Unsubscribe } from '../ports/index.ts';
import type { ChannelOptions } from './channel.ts';
import type { DeliveryCounters } from './figures.ts';
import { FrameChannel } from './frame-channel.ts';
import type { Cancel, Timers } from './timers.ts';
import { fleetView, hostView } from './view.ts';

/** Changes of the fleet are collected this long after the first, then sent as one delta. */
const COLLECT_MS = 50;
const KEYFRAME_INTERVAL_MS = 1_000;

export interface FrameTopicsOptions {
  readonly live: LiveTicks & Pick<HostDirectory, 'processes'>;
  readonly timers: Timers;
  readonly counters: DeliveryCounters;
  readonly lingerMs: number;
  readonly idleChannels: number;
  /** Number, epoch, clock and ring of a new channel. */
  readonly describe: (
    topic: FrameTopic,
    minPriority: Priority,
    firstOffset: number,
  ) => ChannelOptions;
}

/**
 * The channels of `fleet` and `host:<id>`, made when somebody asks for them and fed from the live stream. A channel
 * that nobody holds goes on for a while, so that whoever comes back gets what was missed.
 */
export class FrameTopics {
  private readonly options: FrameTopicsOptions;
  private readonly channels: Map<string, FrameChannel> = new Map();
  /** Channels without holders, longest idle first. */
  private readonly idle: Map<FrameChannel, Cancel> = new Map();
  private readonly holders: Map<FrameChannel, number> = new Map();
  private readonly unsubscribe: readonly Unsubscribe[];
  /** Offsets of a new channel begin above those of all that were let go: an old cursor must not fit by chance. */
  private floor = 0;

  constructor(options: FrameTopicsOptions) {
    this.options = options;
    const { live } = options;
    const touch = (hostId: string): void => {
      this.each(hostId, (channel) => channel.touch(hostId));
    };
    this.unsubscribe = [
      live.onTick((tick) => touch(tick.hostId)),
      live.onRemoved(touch),
      live.onLate((rows) => this.late(rows)),
      live.onHostInfo((info) => this.each(info.hostId, (channel) => channel.info(info.hostId))),
      live.onProcesses((table) =>
        this.channels.get(nameOf(hostTopic(table.hostId), 'low'))?.table(table, COLLECT_MS),
      ),
    ];
  }

  /** The channel, kept alive until `release`. */
  hold(topic: FrameTopic, minPriority: Priority): FrameChannel {
    const host = hostOfTopic(topic);
    const min = host === undefined ? minPriority : 'low';
    const name = nameOf(topic, min);
    let channel = this.channels.get(name);
    if (channel === undefined) {
      channel = this.make(topic, host, min);
      this.channels.set(name, channel);
    }
    this.idle.get(channel)?.();
    this.idle.delete(channel);
    this.holders.set(channel, (this.holders.get(channel) ?? 0) + 1);
    return channel;
  }

  release(channel: FrameChannel): void {
    const holders = (this.holders.get(channel) ?? 0) - 1;
    if (holders > 0) {
      this.holders.set(channel, holders);
      return;
    }
    this.holders.delete(channel);
    this.idle.set(
      channel,
      this.options.timers.after(this.options.lingerMs, () => this.letGo(channel)),
    );
    if (this.idle.size > this.options.idleChannels) {
      const [longest] = this.idle.keys();
      if (longest !== undefined) this.letGo(longest);
    }
  }

  stop(): void {
    for (const unsubscribe of this.unsubscribe) unsubscribe();
    for (const cancel of this.idle.values()) cancel();
    for (const channel of this.channels.values()) channel.stop();
    this.channels.clear();
  }

  private make(topic: FrameTopic, host: string | undefined, min: Priority): FrameChannel {
    const { live, timers, counters, describe } = this.options;
    const fleet = host === undefined;
    return new FrameChannel({
      ...describe(topic, min, this.floor),
      live,
      timers,
      counters,
      view: fleet ? fleetView(live, min) : hostView(live, host),
      collectMs: fleet ? COLLECT_MS : 0,
      keyframeIntervalMs: fleet ? KEYFRAME_INTERVAL_MS : 0,
    });
  }

  private letGo(channel: FrameChannel): void {
    this.idle.get(channel)?.();
    this.idle.delete(channel);
    this.channels.delete(nameOf(channel.topic, channel.minPriority));
    this.floor = Math.max(this.floor, channel.offset + 1);
    channel.stop();
  }

  private late(rows: LateRows): void {
    this.each(rows.hostId, (channel) => channel.late(rows));
  }

  /** The channels that may show the host. */
  private each(hostId: string, visit: (channel: FrameChannel) => void): void {
    for (const min of ['low', 'medium', 'high', 'critical'] as const) {
      const fleet = this.channels.get(nameOf('fleet', min));
      if (fleet !== undefined) visit(fleet);
    }
    const host = this.channels.get(nameOf(hostTopic(hostId), 'low'));
    if (host !== undefined) visit(host);
  }
}

function nameOf(topic: string, minPriority: Priority): string {
  return `${minPriority} ${topic}`;
}

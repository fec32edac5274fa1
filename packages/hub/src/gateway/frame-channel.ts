import {
  encodeBackfill,
  encodeDelta,
  encodeKeyframe,
  limits,
  type FrameHost,
  type FrameMeta,
  type HostDelta,
  type HostInfo,
} from '@openmanager/protocol';
import type { HostTick, LateRows, LiveTicks, ProcessTable } from '../ports/index.ts';
import { Channel, type ChannelOptions } from './channel.ts';
import type { DeliveryCounters } from './figures.ts';
import { framePacket, type Packet } from './packet.ts';
import type { Subscription } from './subscription.ts';
import type { Cancel, Timers } from './timers.ts';

/** What a channel shows: which hosts, and which of their series. */
export interface View {
  ticks(): readonly HostTick[];
  /** The host as it is shown, or undefined when it is not part of this channel. */
  show(tick: HostTick): FrameHost | undefined;
  /** The rows as they are shown, or undefined when they hold nothing that is. */
  showLate(rows: LateRows): LateRows | undefined;
  processes(): ProcessTable | undefined;
  /** Series that a backfill is made of; all of the host when undefined. */
  readonly historyKeys: readonly string[] | undefined;
}

export interface FrameChannelOptions extends ChannelOptions {
  readonly live: Pick<LiveTicks, 'state' | 'info'>;
  readonly view: View;
  readonly timers: Timers;
  readonly counters: DeliveryCounters;
  /** How long changes are collected after the first, 0 for not at all. */
  readonly collectMs: number;
  /** Shortest time between two keyframes for everyone; hosts that come or go meanwhile wait. */
  readonly keyframeIntervalMs: number;
}

/** Frames of `fleet` or of one host: keyframes when its hosts or their series change, deltas otherwise. */
export class FrameChannel extends Channel {
  private readonly settings: FrameChannelOptions;
  /** What was sent last, in the order of the last keyframe. */
  private shown: FrameHost[] = [];
  private places: Map<string, number> = new Map();
  private keyCounts: number[] = [];
  private readonly touched: Set<string> = new Set();
  private readonly facts: Set<string> = new Set();
  private processes: ProcessTable | undefined;
  private flushing: Cancel | undefined;
  private keyframeDue: Cancel | undefined;
  private keyframeMs = Number.NEGATIVE_INFINITY;

  constructor(options: FrameChannelOptions) {
    super(options);
    this.settings = options;
    this.layOut();
  }

  /** The host has a new tick, or is gone. */
  touch(hostId: string): void {
    this.touched.add(hostId);
    this.schedule(this.settings.collectMs);
  }

  info(hostId: string): void {
    if (!this.places.has(hostId)) return;
    this.facts.add(hostId);
    this.schedule(this.settings.collectMs);
  }

  /** Process tables go with the samples of the same second; alone only when those do not come. */
  table(table: ProcessTable, waitMs: number): void {
    this.processes = table;
    this.schedule(waitMs);
  }

  late(rows: LateRows): void {
    const shown = this.places.has(rows.hostId) ? this.settings.view.showLate(rows) : undefined;
    if (shown === undefined) return;
    for (const part of inParts(shown, limits.historyPoints)) {
      const offset = this.offset + 1;
      const bytes = encodeBackfill({ ...this.header(offset), ...part });
      this.broadcast(framePacket(bytes), offset);
    }
  }

  /** Rows for one subscriber, outside the sequence. */
  backfill(rows: LateRows): Packet | undefined {
    const shown = this.settings.view.showLate(rows);
    return shown && framePacket(encodeBackfill({ ...this.header(0), ...shown }));
  }

  get historyKeys(): readonly string[] | undefined {
    return this.settings.view.historyKeys;
  }

  hostIds(): readonly string[] {
    return this.shown.map((host) => host.hostId);
  }

  stop(): void {
    this.flushing?.();
    this.keyframeDue?.();
    this.flushing = undefined;
    this.keyframeDue = undefined;
  }

  protected override encodeCurrent(): Packet {
    return this.keyframe(this.offset);
  }

  protected override send(subscription: Subscription, packet: Packet): void {
    subscription.outlet.offer(subscription, packet, this.offset);
  }

  private schedule(delayMs: number): void {
    if (delayMs === 0) {
      this.flush();
      return;
    }
    this.flushing ??= this.settings.timers.after(delayMs, () => {
      this.flushing = undefined;
      this.flush();
    });
  }

  private header(offset: number): {
    channel: number;
    epoch: number;
    offset: number;
    hubTimeMs: number;
  } {
    return { channel: this.number, epoch: this.epoch, offset, hubTimeMs: this.clock.now() };
  }

  private keyframe(offset: number): Packet {
    const hosts = this.shown
      .map((host) => this.settings.live.info(host.hostId))
      .filter((info) => info !== undefined);
    const meta = metaOf(hosts, this.settings.view.processes());
    return framePacket(encodeKeyframe({ ...this.header(offset), hosts: this.shown, meta }));
  }

  /** Takes the newest state of every host and makes it the new order. */
  private layOut(): void {
    this.shown = this.settings.view.ticks().flatMap((tick) => this.settings.view.show(tick) ?? []);
    this.places = new Map(this.shown.map((host, index) => [host.hostId, index]));
    this.keyCounts = this.shown.map((host) => host.keys.length);
  }

  private flush(): void {
    this.flushing?.();
    this.flushing = undefined;
    const ticks = [...this.touched].map((hostId) => this.settings.live.state(hostId));
    const receivedMs = this.newestReceipt(ticks);
    if (!this.layoutChanged()) {
      this.delta();
    } else {
      const waitMs = this.keyframeMs + this.settings.keyframeIntervalMs - this.clock.now();
      if (waitMs > 0) {
        this.delta();
        this.keyframeDue ??= this.settings.timers.after(waitMs, () => {
          this.keyframeDue = undefined;
          this.flush();
        });
      } else {
        this.newLayout();
      }
    }
    if (receivedMs > 0 && this.subscriptions.size > 0)
      this.settings.counters.deliveryMs.record(this.clock.now() - receivedMs);
  }

  private newLayout(): void {
    this.keyframeMs = this.clock.now();
    this.layOut();
    this.touched.clear();
    this.facts.clear();
    this.processes = undefined;
    this.broadcast(this.keyframe(this.offset + 1), this.offset + 1);
  }

  /** Whether a touched host came, went, or has other series than in the last keyframe. */
  private layoutChanged(): boolean {
    for (const hostId of this.touched) {
      const place = this.places.get(hostId);
      if (
        this.showNow(hostId)?.keys !== (place === undefined ? undefined : this.shown[place]?.keys)
      )
        return true;
    }
    return false;
  }

  private showNow(hostId: string): FrameHost | undefined {
    const tick = this.settings.live.state(hostId);
    return tick && this.settings.view.show(tick);
  }

  /** Sends what changed of the hosts that kept their place; the others stay touched. */
  private delta(): void {
    const hosts: HostDelta[] = [];
    for (const hostId of this.touched) {
      const index = this.places.get(hostId);
      const now = this.showNow(hostId);
      const before = index === undefined ? undefined : this.shown[index];
      if (index === undefined || now === undefined || now.keys !== before?.keys) continue;
      this.touched.delete(hostId);
      this.shown[index] = now;
      hosts.push(deltaOf(index, before, now));
    }
    const infos: HostInfo[] = [...this.facts].flatMap(
      (hostId) => this.settings.live.info(hostId) ?? [],
    );
    const meta = metaOf(infos, this.processes);
    this.facts.clear();
    this.processes = undefined;
    if (hosts.length === 0 && meta === undefined) return;
    const offset = this.offset + 1;
    this.broadcast(
      framePacket(encodeDelta({ ...this.header(offset), hosts, meta }, this.keyCounts)),
      offset,
    );
  }

  /** When the newest of the samples that are about to be sent came in; 0 when nothing but states changed. */
  private newestReceipt(ticks: readonly (HostTick | undefined)[]): number {
    let newest = 0;
    for (const tick of ticks) {
      if (tick === undefined) continue;
      const place = this.places.get(tick.hostId);
      const before = place === undefined ? undefined : this.shown[place];
      if (before?.timeMs !== tick.timeMs) newest = Math.max(newest, tick.receivedMs);
    }
    return newest;
  }
}

/** A batch may hold more rows than a frame. */
function inParts(rows: LateRows, most: number): readonly LateRows[] {
  if (rows.timesMs.length <= most) return [rows];
  const parts: LateRows[] = [];
  for (let from = 0; from < rows.timesMs.length; from += most) {
    const timesMs = rows.timesMs.slice(from, from + most);
    const columns = rows.columns.map((column) => column.slice(from, from + most));
    parts.push({ ...rows, timesMs, columns });
  }
  return parts;
}

function metaOf(
  hosts: readonly HostInfo[],
  table: ProcessTable | undefined,
): FrameMeta | undefined {
  if (hosts.length === 0 && table === undefined) return undefined;
  return {
    ...(hosts.length > 0 ? { hosts } : {}),
    ...(table === undefined ? {} : { processes: { timeMs: table.timeMs, rows: table.rows } }),
  };
}

function deltaOf(index: number, before: FrameHost, now: FrameHost): HostDelta {
  const changed: number[] = [];
  const codes: number[] = [];
  for (let key = 0; key < now.codes.length; key++) {
    const code = now.codes[key] as number;
    if (code === before.codes[key]) continue;
    changed.push(key);
    codes.push(code);
  }
  return { index, timeMs: now.timeMs, status: now.status, priority: now.priority, changed, codes };
}

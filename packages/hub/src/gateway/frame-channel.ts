import {
  encodeBackfill,
  encodeDelta,
  encodeKeyframe,
  limits,
  type FrameDetails,
  type FrameHost,
  type HostInfo,
  type PartHeader,
  type PlacedFacts,
} from '@openmanager/protocol';
import type { HostTick, LateRows, LiveTicks, ProcessTable } from '../ports/index.ts';
import { Channel, type ChannelOptions } from './channel.ts';
import type { DeliveryCounters } from './delivery-counters.ts';
import { Layout, type Change } from './layout.ts';
import { Part } from './part.ts';
import type { Cancel, Timers } from './timers.ts';

/** What a channel shows: which hosts, and which of their series. */
export interface View {
  ticks(): readonly HostTick[];
  /** The host as it is shown, or undefined when it is not part of this channel. */
  show(tick: HostTick): FrameHost | undefined;
  /** The rows as they are shown, or undefined when they hold nothing that is. */
  showLate(rows: LateRows): LateRows | undefined;
  details(): FrameDetails | undefined;
  /** Series that a backfill of the host is made of; all of them when undefined. */
  historyKeys(hostId: string): readonly string[] | undefined;
}

export interface FrameChannelOptions extends ChannelOptions {
  readonly live: Pick<LiveTicks, 'state' | 'info'>;
  readonly view: View;
  readonly timers: Timers;
  readonly counters: DeliveryCounters;
  /** Minimum time between two deltas, ms; 0 to flush with all channels. */
  readonly rateMs: number;
  /** Schedules `flush` for the next common flush. */
  readonly onDue: (channel: FrameChannel) => void;
  /** Minimum time between two broadcast keyframes, ms; hosts that come or go meanwhile wait. */
  readonly keyframeIntervalMs: number;
}

/** Frames of `fleet` or of one host: keyframes when its hosts or their series change, deltas otherwise. */
export class FrameChannel extends Channel {
  override readonly conflates = true;
  readonly #settings: FrameChannelOptions;
  #layout: Layout = new Layout([]);
  readonly #touched: Set<string> = new Set();
  readonly #facts: Set<string> = new Set();
  #processes: FrameDetails['processes'];
  #outlookIsNew = false;
  #waiting: Cancel | undefined;
  #keyframeDue: Cancel | undefined;
  #keyframeMs = Number.NEGATIVE_INFINITY;
  #flushedMs = Number.NEGATIVE_INFINITY;

  constructor(options: FrameChannelOptions) {
    super(options);
    this.#settings = options;
    this.#layOut();
  }

  /** The host has a new tick, or is gone. */
  touch(hostId: string): void {
    this.#touched.add(hostId);
    this.#schedule();
  }

  info(hostId: string): void {
    if (!this.#layout.has(hostId)) return;
    this.#facts.add(hostId);
    this.#schedule();
  }

  table(table: ProcessTable): void {
    this.#processes = { timeMs: table.timeMs, rows: table.rows };
    this.#schedule();
  }

  outlookChanged(): void {
    this.#outlookIsNew = true;
    this.#schedule();
  }

  late(rows: LateRows): void {
    const shown = this.#layout.has(rows.hostId) ? this.#settings.view.showLate(rows) : undefined;
    if (shown === undefined) return;
    for (const part of inParts(shown, limits.historyPoints))
      this.broadcast(this.#rows(part, this.offset + 1));
  }

  /** Rows for one subscriber, outside the sequence. */
  backfill(rows: LateRows): Part | undefined {
    const shown = this.#settings.view.showLate(rows);
    return shown && this.#rows(shown, 0);
  }

  historyKeys(hostId: string): readonly string[] | undefined {
    return this.#settings.view.historyKeys(hostId);
  }

  hostIds(): readonly string[] {
    return this.#layout.hostIds();
  }

  /** Sends what changed since the last time. */
  flush(): void {
    this.#waiting?.();
    this.#waiting = undefined;
    this.#flushedMs = this.clock.now();
    const receivedMs = this.#newestReceipt();
    if (!this.#layoutChanged()) {
      this.#delta();
    } else {
      const waitMs = this.#keyframeMs + this.#settings.keyframeIntervalMs - this.clock.now();
      if (waitMs > 0) {
        this.#delta();
        this.#keyframeDue ??= this.#settings.timers.after(waitMs, () => {
          this.#keyframeDue = undefined;
          this.flush();
        });
      } else {
        this.#newLayout();
      }
    }
    if (receivedMs > 0 && this.subscribers.size > 0)
      this.#settings.counters.deliveryMs.record(this.clock.now() - receivedMs);
  }

  stop(): void {
    this.#waiting?.();
    this.#keyframeDue?.();
    this.#waiting = undefined;
    this.#keyframeDue = undefined;
  }

  protected override encodeCurrent(): Part {
    return this.#keyframe(this.offset, false);
  }

  #schedule(): void {
    const { rateMs, timers, onDue } = this.#settings;
    if (this.#waiting !== undefined) return;
    // A clock that was set back must not hold frames back.
    const restMs = Math.min(rateMs, this.#flushedMs + rateMs - this.clock.now());
    if (restMs > 0) this.#waiting = timers.after(restMs, () => this.flush());
    else onDue(this);
  }

  #header(kind: PartHeader['kind'], offset: number, span: number): PartHeader {
    return { kind, channel: this.number, offset, span, hubTimeMs: this.clock.now() };
  }

  #keyframe(offset: number, inSequence: boolean): Part {
    const { live, view } = this.#settings;
    const header = this.#header('keyframe', offset, 1);
    const { hubTimeMs } = header;
    const layout = this.#layout;
    const placed = layout.placed();
    const details = view.details();
    const infos = placed.flatMap(({ hostId }) => live.info(hostId) ?? []);
    const facts = placedFacts(infos, layout);
    const encode = (hosts: typeof placed, shownFacts: readonly PlacedFacts[]): Uint8Array =>
      encodeKeyframe({ hubTimeMs, size: placed.length, hosts, facts: shownFacts, details });
    const body = encode(placed, facts);
    return new Part({
      header,
      body,
      inSequence,
      compress: true,
      extraBytes: body.length,
      pick: (hosts) => {
        const some = placed.filter(({ hostId }) => hosts.has(hostId));
        const places = new Set(some.map(({ index }) => index));
        return encode(
          some,
          facts.filter(({ index }) => places.has(index)),
        );
      },
    });
  }

  #rows(rows: LateRows, offset: number): Part {
    const header = this.#header('backfill', offset, offset === 0 ? 0 : 1);
    return new Part({
      header,
      body: encodeBackfill(rows),
      inSequence: offset > 0,
      compress: false,
      pick: (hosts) => (hosts.has(rows.hostId) ? encodeBackfill(rows) : undefined),
    });
  }

  /** Rebuilds the layout from the newest state of every host. */
  #layOut(): void {
    const { view } = this.#settings;
    this.#layout = new Layout(view.ticks().flatMap((tick) => view.show(tick) ?? []));
  }

  #newLayout(): void {
    this.#keyframeMs = this.clock.now();
    this.#layOut();
    this.#touched.clear();
    this.#facts.clear();
    this.#processes = undefined;
    this.#outlookIsNew = false;
    this.broadcast(this.#keyframe(this.offset + 1, true));
  }

  /** Whether a touched host came, went, or has other series than in the last keyframe. */
  #layoutChanged(): boolean {
    for (const hostId of this.#touched)
      if (this.#showNow(hostId)?.keys !== this.#layout.get(hostId)?.keys) return true;
    return false;
  }

  #showNow(hostId: string): FrameHost | undefined {
    const tick = this.#settings.live.state(hostId);
    return tick && this.#settings.view.show(tick);
  }

  /** Sends a delta of the hosts that kept their place in the layout; the others stay marked for the next keyframe. */
  #delta(): void {
    const changes: Change[] = [];
    for (const hostId of this.#touched) {
      const now = this.#showNow(hostId);
      if (now === undefined || now.keys !== this.#layout.get(hostId)?.keys) continue;
      this.#touched.delete(hostId);
      const change = this.#layout.change(now);
      if (change !== undefined) changes.push(change);
    }
    const infos = [...this.#facts].flatMap((hostId) => this.#settings.live.info(hostId) ?? []);
    const details = this.#newDetails();
    this.#facts.clear();
    if (changes.length === 0 && infos.length === 0 && details === undefined) return;
    this.broadcast(this.#deltaPart(changes, infos, details));
  }

  #newDetails(): FrameDetails | undefined {
    const processes = this.#processes;
    const outlook = this.#outlookIsNew ? this.#settings.view.details()?.outlook : undefined;
    this.#processes = undefined;
    this.#outlookIsNew = false;
    if (processes === undefined && outlook === undefined) return undefined;
    return {
      ...(processes === undefined ? {} : { processes }),
      ...(outlook === undefined ? {} : { outlook }),
    };
  }

  #deltaPart(
    changes: Change[],
    infos: readonly HostInfo[],
    details: FrameDetails | undefined,
  ): Part {
    const layout = this.#layout;
    const header = this.#header('delta', this.offset + 1, 1);
    const hosts = changes.toSorted((a, b) => a.index - b.index);
    const encoded = encodeDelta({
      hubTimeMs: header.hubTimeMs,
      size: layout.size,
      hosts,
      facts: placedFacts(infos, layout),
      details,
    });
    const body = encoded.body() ?? new Uint8Array();
    return new Part({
      header,
      body,
      inSequence: true,
      compress: false,
      extraBytes: body.length,
      pick: (some) => encoded.body(layout.placesOf(some)),
    });
  }

  /** Time of receipt of the newest sample that is about to be sent, epoch ms; 0 when only statuses changed. */
  #newestReceipt(): number {
    let newest = 0;
    for (const hostId of this.#touched) {
      const tick = this.#settings.live.state(hostId);
      if (tick === undefined || this.#layout.get(hostId)?.timeMs === tick.timeMs) continue;
      newest = Math.max(newest, tick.receivedMs);
    }
    return newest;
  }
}

/** A batch may hold more rows than a frame. */
function inParts(rows: LateRows, limit: number): readonly LateRows[] {
  if (rows.timesMs.length <= limit) return [rows];
  const parts: LateRows[] = [];
  for (let from = 0; from < rows.timesMs.length; from += limit) {
    const timesMs = rows.timesMs.slice(from, from + limit);
    const columns = rows.columns.map((column) => column.slice(from, from + limit));
    parts.push({ ...rows, timesMs, columns });
  }
  return parts;
}

function placedFacts(infos: readonly HostInfo[], layout: Layout): readonly PlacedFacts[] {
  return infos.flatMap((info) => {
    const index = layout.placeOf(info.hostId);
    return index === undefined ? [] : [{ index, json: JSON.stringify(info) }];
  });
}

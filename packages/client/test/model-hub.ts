/** An in-memory hub behind a connection that loses frames and breaks when the test wants. */
import {
  codingOf,
  encodeBackfill,
  encodeDelta,
  encodeKeyframe,
  encodePart,
  type Cursor,
  type ErrorBody,
  type PartKind,
  type SubscribeRequest,
} from '@openmanager/protocol';
import type { Dial, LinkHandlers } from '../src/connection/link.ts';

export const hostId = 'aaa';
export const keys = ['system.uptime', 'system.process.count'] as const;
const KEPT = 8;

interface ModelPeer {
  readonly handlers: LinkHandlers;
  subscribed: boolean;
  open: boolean;
}

export class ModelHub {
  nowMs = 1_000_000;
  epoch = 1;
  channel = 5;
  offset = 0;
  /** What the store knows, by sample time. */
  readonly stored = new Map<number, readonly [number, number]>();
  /** Spans after which the store cannot give data back. */
  storeWorks = true;
  refusal: ErrorBody | undefined;
  reachable = true;
  dialled = 0;
  readonly asked: SubscribeRequest[] = [];
  answering = true;
  /** Frames to lose on the way. */
  losing = 0;
  broken = 0;
  /** Frames that the client said it read. */
  acknowledged: number[] = [];
  readonly viewed: unknown[] = [];
  #current: readonly [number, number] = [0, 0];
  #currentMs = 0;
  #ring: { readonly offset: number; readonly frame: Uint8Array }[] = [];
  #peer: ModelPeer | undefined;

  readonly dial: Dial = (_target, handlers) => {
    this.dialled++;
    const peer = { handlers, subscribed: false, open: false };
    this.#peer = peer;
    return {
      request: (event, payload, answered) => {
        if (!peer.open || !this.answering) return;
        if (event === 'clock') {
          this.acknowledged.push(payload as number);
          answered({ ok: true, hubTimeMs: this.nowMs });
        } else if (event === 'view') {
          this.viewed.push(payload);
          answered({ ok: true, topic: 'fleet' });
          this.send(this.#keyframe());
        } else if (event === 'subscribe')
          this.#subscribe(peer, payload as SubscribeRequest, answered);
        else {
          peer.subscribed = false;
          answered({ ok: true, topic: 'fleet' });
        }
      },
      progress: (frames) => {
        this.acknowledged.push(frames);
      },
      close: () => {
        peer.open = false;
        if (this.#peer === peer) this.#peer = undefined;
      },
    };
  };

  /** Lets the attempt under way come to its end. */
  answerDial(): void {
    const peer = this.#peer;
    if (!peer || peer.open) return;
    if (this.refusal) peer.handlers.failed(this.refusal);
    else if (this.reachable) {
      peer.open = true;
      peer.handlers.opened();
    } else peer.handlers.failed(undefined);
  }

  get connected(): boolean {
    return this.#peer?.open === true;
  }

  sample(values: readonly [number, number]): void {
    this.stored.set(this.nowMs, values);
    const before = this.#currentMs === 0 ? [0, 0] : codesOf(this.#current);
    const codes = codesOf(values);
    const changed = [0, 1].filter((index) => codes[index] !== before[index]);
    this.#current = values;
    this.#currentMs = this.nowMs;
    const delta = encodeDelta({
      hubTimeMs: this.nowMs,
      size: 1,
      hosts: [
        {
          index: 0,
          timeMs: this.nowMs,
          status: 'online',
          priority: 'low',
          changed,
          codes: changed.map((index) => codes.at(index) ?? 0),
          before: { status: 'online', priority: 'low', codes: before, codings },
        },
      ],
      facts: [],
      details: undefined,
    });
    this.#broadcast(this.#part('delta', ++this.offset, delta.body() ?? new Uint8Array()));
  }

  breakConnection(): void {
    const peer = this.#peer;
    this.#peer = undefined;
    if (peer?.open) peer.handlers.lost('network');
  }

  closing(error: unknown): void {
    this.#peer?.handlers.closing(error);
  }

  send(bytes: Uint8Array): void {
    this.#peer?.handlers.frame(bytes);
  }

  /** The newest state instead of the frames that were lost, as for a client that was slow to read. */
  sendKeyframe(): void {
    this.losing = 0;
    if (this.#peer?.open && this.#peer.subscribed) this.send(this.#keyframe());
  }

  restart(): void {
    this.breakConnection();
    this.epoch++;
    this.offset = 0;
    this.#ring = [];
  }

  #part(kind: PartKind, offset: number, body: Uint8Array): Uint8Array {
    const { channel, nowMs } = this;
    const span = offset === 0 ? 0 : 1;
    return encodePart({ kind, channel, offset, span, hubTimeMs: nowMs }, body);
  }

  #broadcast(frame: Uint8Array): void {
    this.#ring = [...this.#ring, { offset: this.offset, frame }].slice(-KEPT);
    if (!this.#peer?.open || !this.#peer.subscribed) return;
    if (this.losing > 0) this.losing--;
    else if (this.broken > 0) {
      this.broken--;
      this.send(frame.subarray(0, -1));
    } else this.send(frame);
  }

  #subscribe(
    peer: ModelPeer,
    request: SubscribeRequest,
    answered: (answer: unknown) => void,
  ): void {
    const { topic, since } = request;
    this.asked.push(request);
    const base = { ok: true, topic, channel: this.channel, epoch: this.epoch };
    peer.subscribed = true;
    const missed = since && this.#missed(since);
    if (!since) {
      answered({ ...base, recovery: 'fresh' });
      this.send(this.#keyframe());
    } else if (missed) {
      answered({ ...base, recovery: 'recovered' });
      for (const frame of missed) this.send(frame);
    } else {
      const span = { fromMs: since.timeMs, toMs: this.nowMs };
      answered({ ...base, ...span, recovery: this.storeWorks ? 'backfilled' : 'gap' });
      this.send(this.#keyframe());
      if (this.storeWorks) this.send(this.#backfill(since.timeMs));
    }
  }

  #missed(since: Cursor): readonly Uint8Array[] | undefined {
    if (since.epoch !== this.epoch || since.offset > this.offset) return undefined;
    const missed = this.#ring.filter(({ offset }) => offset > since.offset);
    return missed.length === this.offset - since.offset
      ? missed.map(({ frame }) => frame)
      : undefined;
  }

  #keyframe(): Uint8Array {
    const body = encodeKeyframe({
      hubTimeMs: this.nowMs,
      size: 1,
      hosts: [
        {
          index: 0,
          hostId,
          keys,
          timeMs: this.#currentMs,
          status: 'online',
          priority: 'low',
          codes:
            this.#currentMs === 0
              ? new Float64Array(keys.length)
              : Float64Array.from(codesOf(this.#current)),
        },
      ],
      facts: [],
      details: undefined,
    });
    return this.#part('keyframe', this.offset, body);
  }

  #backfill(afterMs: number): Uint8Array {
    // A little earlier too: a sample may have been on its way to the hub when the last frame was made.
    const rows = [...this.stored].filter(([timeMs]) => timeMs > afterMs - 1000);
    const body = encodeBackfill({
      hostId,
      keys,
      timesMs: rows.map(([timeMs]) => timeMs),
      columns: keys.map((_, index) =>
        Float64Array.from(rows, ([, values]) => values.at(index) ?? Number.NaN),
      ),
    });
    return this.#part('backfill', 0, body);
  }
}

const codings = Uint8Array.from(keys, (key) => codingOf(key));

/** Both keys are whole numbers: zigzag(v) + 1. */
function codesOf(values: readonly [number, number]): number[] {
  return values.map((value) => value * 2 + 1);
}

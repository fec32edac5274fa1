/**
 * Frames of `fleet` and `host:<id>`.
 *
 * header: u8 kind · varint channel · varint epoch · varint offset · varint hub time ms
 * keyframe (1): varint keysets, each: varint n, n strings · varint hosts, each: string id · varint keyset ·
 *   zigzag (sample time − hub time) · u8 status | priority << 2 · varint code per key (metrics/quantise) · meta
 * delta (2): varint hosts, each: varint index · zigzag (sample time − hub time) · u8 status | priority << 2 ·
 *   bitmap of changed keys · varint code per set bit · meta
 * backfill (3): string host id · varint n, n strings · varint rows · row times (first varint, then zigzag) ·
 *   one exact column per key (codec/column)
 * meta: string of JSON, empty when there is nothing to say
 *
 * A keyframe sent to one new subscriber carries the offset of the state it shows. Every broadcast frame has
 * the next offset. A backfill sent to one subscriber carries offset 0 and is outside the sequence.
 */
import * as v from 'valibot';
import {
  hostInfoSchema,
  processTableSchema,
  type HostInfo,
  type HostStatus,
  type Priority,
  type ProcessRow,
} from '../model/host.ts';

export interface FrameHeader {
  readonly channel: number;
  readonly epoch: number;
  readonly offset: number;
  readonly hubTimeMs: number;
}

/** What is not a number: facts of hosts (of all in a keyframe, of changed ones in a delta) and processes. */
export interface FrameMeta {
  readonly hosts?: readonly HostInfo[] | undefined;
  readonly processes?:
    | { readonly timeMs: number; readonly rows: readonly ProcessRow[] }
    | undefined;
}

export const frameMetaSchema: v.GenericSchema<unknown, FrameMeta> = v.object({
  hosts: v.optional(v.array(hostInfoSchema)),
  processes: v.optional(v.object({ timeMs: v.number(), rows: processTableSchema })),
});

/** State of one host in a frame. `codes` holds one display code per key of its keyset. */
export interface FrameHost {
  readonly hostId: string;
  readonly keys: readonly string[];
  readonly timeMs: number;
  readonly status: HostStatus;
  readonly priority: Priority;
  readonly codes: Float64Array;
}

export interface Keyframe extends FrameHeader {
  readonly kind: 'keyframe';
  readonly hosts: readonly FrameHost[];
  readonly meta: FrameMeta | undefined;
}

/** A changed host of a delta: `index` is its place in the last keyframe. */
export interface HostDelta {
  readonly index: number;
  readonly timeMs: number;
  readonly status: HostStatus;
  readonly priority: Priority;
  /** Places in the host's keyset whose code changed, ascending, and the new codes. */
  readonly changed: readonly number[];
  readonly codes: readonly number[];
}

export interface Delta extends FrameHeader {
  readonly kind: 'delta';
  readonly hosts: readonly HostDelta[];
  readonly meta: FrameMeta | undefined;
}

/** Samples of a past span of one host, exact values, rows in time order. */
export interface Backfill extends FrameHeader {
  readonly kind: 'backfill';
  readonly hostId: string;
  readonly keys: readonly string[];
  readonly timesMs: readonly number[];
  readonly columns: readonly Float64Array[];
}

export type Frame = Keyframe | Delta | Backfill;

export const frameKinds = { keyframe: 1, delta: 2, backfill: 3 } as const;

/**
 * What frames of `fleet` and `target:<id>` say. On the wire a frame is one binary packet of parts (part.ts), and
 * each of these is the body of one part (keyframe.ts, delta.ts, backfill.ts).
 *
 * A keyframe sent to one subscriber carries the offset of the state it shows. Every broadcast has the next
 * offset. A backfill sent to one subscriber carries offset 0 and is outside the sequence.
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
import { hostOutlookSchema, type HostOutlook } from '../model/outlook.ts';

export interface FrameHeader {
  readonly channel: number;
  readonly epoch: number;
  readonly offset: number;
  readonly hubTimeMs: number;
}

/** What of a host is not a number: its process table, and what the hub derives from its series. */
export interface FrameDetails {
  readonly processes?: FrameProcesses | undefined;
  readonly outlook?: HostOutlook | undefined;
}

/** Facts of hosts (of all in a keyframe, of changed ones in a delta) and details of the one host of a topic. */
export interface FrameMeta extends FrameDetails {
  readonly hosts?: readonly HostInfo[] | undefined;
}

export interface FrameProcesses {
  readonly timeMs: number;
  readonly rows: readonly ProcessRow[];
}

export const frameProcessesSchema: v.GenericSchema<unknown, FrameProcesses> = v.object({
  timeMs: v.number(),
  rows: processTableSchema,
});

export const frameDetailsSchema: v.GenericSchema<unknown, FrameDetails> = v.object({
  processes: v.optional(frameProcessesSchema),
  outlook: v.optional(hostOutlookSchema),
});

export const frameMetaSchema: v.GenericSchema<unknown, FrameMeta> = v.object({
  hosts: v.optional(v.array(hostInfoSchema)),
  processes: v.optional(frameProcessesSchema),
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

/** A host in a keyframe, and its place in the channel's layout, by which deltas name it. */
export interface PlacedHost extends FrameHost {
  readonly index: number;
}

export interface Keyframe extends FrameHeader {
  readonly kind: 'keyframe';
  readonly hosts: readonly PlacedHost[];
  readonly meta: FrameMeta | undefined;
}

/** A changed host of a delta: `index` is its place in the layout of the last keyframe. */
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

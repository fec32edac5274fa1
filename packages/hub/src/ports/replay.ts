import type {
  FrameHost,
  FrameTopic,
  HostInfo,
  HostStatus,
  Priority,
  Severity,
} from '@openmanager/protocol';

/** A span of history, to be answered as the frames that a client would have got. Times are epoch ms. */
export interface ReplayRequest {
  readonly topic: FrameTopic;
  /** The state at this time is the first frame, a keyframe. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  /** One delta per step in which something changed. */
  readonly stepMs: number;
  /** Number of the channel in the frames. */
  readonly channel: number;
  /** Offset before the first frame. */
  readonly offset: number;
  /** Hosts of the fleet; all when undefined. */
  readonly hosts?: readonly string[] | undefined;
  /** Metric names or series keys; all when undefined. */
  readonly metrics?: readonly string[] | undefined;
}

export interface ReplaySource {
  /** The frames, each after its length as four bytes, little-endian. Throws `not-found` and `invalid-input`. */
  frames(request: ReplayRequest): Promise<Buffer>;
}

/** The keyframe that a sequence of past frames begins with. */
export interface FirstFrame {
  readonly channel: number;
  /** Before the first frame. */
  readonly offset: number;
  readonly hubTimeMs: number;
  readonly hosts: readonly FrameHost[];
  /** One per host. */
  readonly infos: readonly HostInfo[];
}

/** Encodes past states of hosts as the gateway encodes live ones. */
export interface FrameWriter {
  /** As it was written last. */
  host(hostId: string): FrameHost | undefined;
  /** A frame with what differs of these hosts, if anything does. */
  delta(hubTimeMs: number, hosts: readonly FrameHost[]): void;
  frames(): readonly Uint8Array[];
}

/** How the live stream shows hosts. */
export interface HostDisplay {
  /** One display code per key. */
  codesOf(keys: readonly string[], values: ArrayLike<number>): Float64Array;
  priorityOf(host: {
    readonly keys: readonly string[];
    readonly values: Float64Array;
    readonly status: HostStatus;
    readonly severity: Severity | undefined;
  }): Priority;
  /** Sample intervals without a sample after which a host is stale. */
  readonly staleIntervals: number;
  /** Silence after which it is offline, ms. */
  readonly offlineMs: number;
}

import type { FrameTopic } from '@openmanager/protocol';

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

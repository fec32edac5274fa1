import type { Channel } from './channel.ts';
import type { Outlet } from './outlet.ts';

/** One client on one channel. */
export interface Subscription {
  readonly outlet: Outlet;
  readonly channel: Channel;
  /** Offset of the newest packet of the channel that was handed to the client's connection. */
  sentOffset: number;
  /** A packet of this channel waits in the connection's queue: the next one would be behind it. */
  queued: boolean;
  /** Packets were left out; the newest state follows when the connection has drained. */
  behind: boolean;
}

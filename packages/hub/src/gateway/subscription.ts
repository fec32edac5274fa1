import type { Channel, Subscriber } from './channel.ts';
import type { Part } from './part.ts';

/** One client on one channel. */
export interface Subscription extends Subscriber {
  readonly channel: Channel;
  /** Offset up to which everything was sent, or passed over because it was about other hosts. */
  sentOffset: number;
  /** Offset of the newest part that was sent. */
  partOffset: number;
  /** Hosts that are shown; all when undefined. */
  hosts: ReadonlySet<string> | undefined;
  /** Parts promised by the acknowledgement of `subscribe` or `view`; sent before anything newer. */
  first: readonly Part[];
  /** Backfill parts, sent one by one as the client reads them. */
  backfill: readonly Part[];
  /** Whether its outlet has it in the list of subscriptions with pending parts. */
  listed: boolean;
}

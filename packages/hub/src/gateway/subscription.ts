import type { Channel, Subscriber } from './channel.ts';
import type { Part } from './part.ts';

/** One client on one channel. */
export interface Subscription extends Subscriber {
  readonly channel: Channel;
  /** Offset up to which everything was sent, or passed over because it was about other hosts. */
  sentOffset: number;
  /** Offset of the newest part that was sent. */
  toldOffset: number;
  /** Hosts that are shown; all when undefined. */
  hosts: ReadonlySet<string> | undefined;
  /** What the answer to `subscribe` or `view` promised, before anything newer. */
  first: readonly Part[];
  /** Past samples, sent one by one as the client takes them. */
  backfill: readonly Part[];
  /** Listed by its outlet. */
  listed: boolean;
}

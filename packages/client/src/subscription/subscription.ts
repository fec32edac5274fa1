import { isFrameTopic, type Cursor, type ErrorBody, type Topic } from '@openmanager/protocol';
import type { Cancel } from '../connection/environment.ts';
import { HostTable } from '../state/host-table.ts';
import type { SubscriptionInfo, SubscriptionState } from '../types.ts';
import { intervalOf, sameHosts, sequenceOf, together, type Wanted } from './wanted.ts';

/** One topic: who holds it, how far it was applied, and for frames the state that deltas change. */
export class Subscription {
  readonly topic: Topic;
  /** What each holder asked for. */
  readonly holders: Set<Wanted> = new Set();
  readonly table: HostTable | undefined;
  state: SubscriptionState = 'unsubscribed';
  error: ErrorBody | undefined;
  channel: number | undefined;
  epoch = 0;
  cursor: Cursor | undefined;
  /** What the cursor's offsets belong to: each view has a sequence of its own. */
  cursorWanted: Wanted | undefined;
  /** What the newest request asked for. */
  asked: Wanted | undefined;
  /** Since when fewer samples come than were wanted before, because the page is hidden; epoch ms. */
  thinSinceMs: number | undefined;
  /** A keyframe or snapshot is to come before changes can be applied. */
  awaitsState = true;
  /** Raised with each request, so that a late answer to an earlier one is known. */
  round = 0;
  requestedMs: number = Number.NEGATIVE_INFINITY;
  cancelTimer: Cancel | undefined;
  /** What is wanted has changed, and is compared with what was asked soon. */
  adjusting = false;
  #described: SubscriptionInfo | undefined;

  constructor(topic: Topic) {
    this.topic = topic;
    this.table = isFrameTopic(topic) ? new HostTable() : undefined;
  }

  wanted(isHidden: boolean): Wanted {
    return together(this.holders, isHidden && this.table !== undefined);
  }

  /** How far the hub's notion of this topic is from what is wanted. */
  distance(wanted: Wanted): 'none' | 'hosts' | 'all' {
    const { asked } = this;
    if (asked === undefined || sequenceOf(asked) !== sequenceOf(wanted)) return 'all';
    return sameHosts(asked, wanted) ? 'none' : 'hosts';
  }

  get info(): SubscriptionInfo {
    const { topic, state, error } = this;
    const { minPriority } = together(this.holders, false);
    const last = this.#described;
    if (last && last.state === state && last.minPriority === minPriority && last.error === error)
      return last;
    return (this.#described = {
      topic,
      state,
      minPriority,
      ...(error === undefined ? {} : { error }),
    });
  }

  /** Where to go on with what is wanted now: by offset within the same sequence, else from the time alone. */
  since(wanted: Wanted): Cursor | undefined {
    const { cursor, cursorWanted, thinSinceMs } = this;
    if (!cursor || !cursorWanted) return undefined;
    const fromTime = { epoch: 0, offset: 0, timeMs: cursor.timeMs };
    if (sequenceOf(cursorWanted) === sequenceOf(wanted))
      return sameHosts(cursorWanted, wanted) ? cursor : fromTime;
    // Faster again after a while of few samples: all that was left out meanwhile.
    return thinSinceMs === undefined || intervalOf(wanted) >= intervalOf(cursorWanted)
      ? fromTime
      : { ...fromTime, timeMs: thinSinceMs };
  }
}

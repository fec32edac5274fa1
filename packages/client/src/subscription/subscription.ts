import {
  isFrameTopic,
  priorities,
  type Cursor,
  type ErrorBody,
  type Priority,
  type Topic,
} from '@openmanager/protocol';
import type { Cancel } from '../connection/environment.ts';
import { HostTable } from '../state/host-table.ts';
import type { SubscriptionInfo, SubscriptionState } from '../types.ts';

/** One topic: who holds it, how far it was applied, and for frames the state that deltas change. */
export class Subscription {
  readonly topic: Topic;
  /** The priority each holder asked for. */
  readonly holders: Set<{ readonly minPriority: Priority }> = new Set();
  readonly table: HostTable | undefined;
  state: SubscriptionState = 'unsubscribed';
  error: ErrorBody | undefined;
  channel: number | undefined;
  cursor: Cursor | undefined;
  /** Priority the cursor's offsets belong to: each priority has a sequence of its own. */
  cursorPriority: Priority | undefined;
  /** Priority of the newest request. */
  askedPriority: Priority | undefined;
  /** A keyframe or snapshot is to come before changes can be applied. */
  awaitsState = true;
  /** Raised with each request, so that a late answer to an earlier one is known. */
  round = 0;
  requestedMs: number = Number.NEGATIVE_INFINITY;
  cancelTimer: Cancel | undefined;
  private described: SubscriptionInfo | undefined;

  constructor(topic: Topic) {
    this.topic = topic;
    this.table = isFrameTopic(topic) ? new HostTable() : undefined;
  }

  /** The lowest any holder asks for: the others see more than they asked, never less. */
  get minPriority(): Priority {
    let lowest = priorities.length - 1;
    for (const { minPriority } of this.holders)
      lowest = Math.min(lowest, priorities.indexOf(minPriority));
    return priorities[lowest] as Priority;
  }

  get info(): SubscriptionInfo {
    const { topic, state, minPriority, error } = this;
    const last = this.described;
    if (last && last.state === state && last.minPriority === minPriority && last.error === error)
      return last;
    return (this.described = {
      topic,
      state,
      minPriority,
      ...(error === undefined ? {} : { error }),
    });
  }

  /** Where to resume: by offset within the same sequence, else from the time alone. */
  since(): Cursor | undefined {
    const { cursor } = this;
    if (!cursor) return undefined;
    return this.cursorPriority === this.minPriority
      ? cursor
      : { epoch: 0, offset: 0, timeMs: cursor.timeMs };
  }
}

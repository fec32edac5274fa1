import { ProtocolError } from '@openmanager/protocol';
import { subjectKey, type Subject } from '../ports/index.ts';

/**
 * Different views of `fleet` that each session or token holds, over all its connections. Each is encoded for itself at
 * every flush, over all hosts: without a bound one token could keep the hub busy with its own alone. Views that are
 * alike count once, so that any number of pages may show the same.
 */
export class FleetViews {
  readonly #limit: number;
  readonly #held = new Map<string, Map<object, number>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Throws `too-many-subscriptions`. Answers what lets go. */
  hold(subject: Subject, view: object): () => void {
    const who = subjectKey(subject);
    const views = this.#held.get(who) ?? new Map<object, number>();
    const count = views.get(view) ?? 0;
    if (count === 0 && views.size >= this.#limit)
      throw new ProtocolError(
        'too-many-subscriptions',
        `More than ${this.#limit} different views of fleet are held with these credentials.`,
        'topic',
      );
    views.set(view, count + 1);
    this.#held.set(who, views);
    return () => {
      const left = (views.get(view) ?? 1) - 1;
      if (left > 0) views.set(view, left);
      else views.delete(view);
      if (views.size === 0 && this.#held.get(who) === views) this.#held.delete(who);
    };
  }
}

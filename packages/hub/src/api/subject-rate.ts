import { MINUTE_MS } from '@openmanager/protocol/durations';
import { ProtocolError } from '@openmanager/protocol';
import { subjectKey, type Subject } from '../ports/index.ts';

/** Calls of expensive routes per minute of each person and token, wherever they come from. */
export class SubjectRate {
  /** Of this minute, by route and subject; no more than there are people and tokens. */
  readonly #counts = new Map<string, number>();
  #endsMs = 0;

  /** Throws `too-many-requests`. */
  count(operation: string, subject: Subject, perMinute: number, nowMs: number): void {
    if (nowMs >= this.#endsMs || nowMs < this.#endsMs - MINUTE_MS) {
      this.#counts.clear();
      this.#endsMs = nowMs + MINUTE_MS;
    }
    const key = `${operation} ${subjectKey(subject)}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count > perMinute)
      throw new ProtocolError('too-many-requests', `At most ${perMinute} of these in a minute.`);
  }
}

import { DAY_MS, HOUR_MS } from '@openmanager/protocol/durations';
import type { Clock, RecordStore } from '../ports/index.ts';
import { collection, RecordMap } from '../records/index.ts';
import { digest, newSecret } from './secret.ts';

export interface SessionsOptions {
  /** Time without use after which a session ends. @default 30 days */
  readonly lifetimeMs?: number;
  /** Uses within this time after the last extension are not written down. @default 1 hour */
  readonly extendAfterMs?: number;
  /** Sessions of one user; the one that would end first makes room. @default 100 */
  readonly perUser?: number;
}

export const sessionsDefaults: Required<SessionsOptions> = {
  lifetimeMs: 30 * DAY_MS,
  extendAfterMs: HOUR_MS,
  perUser: 100,
};

interface SessionRecord {
  readonly userId: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** A session as others see it; the id is the digest of its token. */
export interface SessionRef {
  readonly sessionId: string;
  readonly userId: string;
}

const sessionRecords = collection<SessionRecord>('sessions');

/** Opaque session tokens, stored as SHA-256. */
export class Sessions {
  readonly options: Required<SessionsOptions>;
  readonly #map: RecordMap<SessionRecord>;
  readonly #clock: Clock;

  private constructor(map: RecordMap<SessionRecord>, clock: Clock, options: SessionsOptions) {
    this.#map = map;
    this.#clock = clock;
    this.options = { ...sessionsDefaults, ...options };
  }

  static async open(
    records: RecordStore,
    clock: Clock,
    options: SessionsOptions = {},
  ): Promise<Sessions> {
    return new Sessions(await RecordMap.open(records, sessionRecords), clock, options);
  }

  /** Makes a session and answers its token and the sessions that had to make room. */
  async create(userId: string): Promise<{ token: string; sessionId: string; ended: SessionRef[] }> {
    const token = newSecret();
    const sessionId = digest(token);
    const now = this.#clock.now();
    const own = [...this.#map.entries()].filter(([, session]) => session.userId === userId);
    own.sort(([, a], [, b]) => a.expiresAtMs - b.expiresAtMs);
    const ended = own
      .slice(0, Math.max(0, own.length + 1 - this.options.perUser))
      .map(([id]) => id);
    // People must be able to sign in and see what is wrong while the disk is full.
    await this.#map.hold([
      [sessionId, { userId, createdAtMs: now, expiresAtMs: now + this.options.lifetimeMs }],
      ...ended.map((id) => [id, undefined] as const),
    ]);
    return { token, sessionId, ended: ended.map((id) => ({ sessionId: id, userId })) };
  }

  /** The session of a token, extended by its use; undefined when unknown or over. */
  async resolve(token: string): Promise<SessionRef | undefined> {
    const sessionId = digest(token);
    const session = this.#map.get(sessionId);
    const now = this.#clock.now();
    if (!session || session.expiresAtMs <= now) return undefined;
    const expiresAtMs = now + this.options.lifetimeMs;
    // A clock that was ahead must not make a session last for years.
    if (Math.abs(expiresAtMs - session.expiresAtMs) > this.options.extendAfterMs)
      // A full disk must not sign anybody out: the session only keeps its earlier end.
      await this.#map.put(sessionId, { ...session, expiresAtMs }).catch(() => undefined);
    return { sessionId, userId: session.userId };
  }

  async end(sessionIds: readonly string[]): Promise<void> {
    if (sessionIds.length > 0)
      await this.#map.write(sessionIds.map((id) => [id, undefined] as const));
  }

  ofUser(userId: string): SessionRef[] {
    const refs: SessionRef[] = [];
    for (const [sessionId, session] of this.#map.entries())
      if (session.userId === userId) refs.push({ sessionId, userId });
    return refs;
  }

  expired(): SessionRef[] {
    const refs: SessionRef[] = [];
    for (const [sessionId, { userId, expiresAtMs }] of this.#map.entries())
      if (expiresAtMs <= this.#clock.now()) refs.push({ sessionId, userId });
    return refs;
  }
}

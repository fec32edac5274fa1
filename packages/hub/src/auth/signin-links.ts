import { DAY_MS } from '@openmanager/protocol/durations';
import { ProtocolError } from '@openmanager/protocol';
import type { Clock, RecordStore } from '../ports/index.ts';
import { collection, RecordMap } from '../records/index.ts';
import { matchesDigest, newSecret, digest } from './secret.ts';

const LIFETIME_MS = DAY_MS;
/** One link at a time: each start of the hub replaces the one before. */
const KEY = 'current';

interface LinkRecord {
  readonly tokenHash: string;
  readonly expiresAtMs: number;
}

const linkRecords = collection<LinkRecord>('signin-links');

/** The one-time link that signs the first administrator in. */
export class SigninLinks {
  readonly #map: RecordMap<LinkRecord>;
  readonly #clock: Clock;
  #isDurable = true;

  private constructor(map: RecordMap<LinkRecord>, clock: Clock) {
    this.#map = map;
    this.#clock = clock;
  }

  static async open(records: RecordStore, clock: Clock): Promise<SigninLinks> {
    return new SigninLinks(await RecordMap.open(records, linkRecords), clock);
  }

  /** A new token, valid once and for a day; the one before it ends. */
  async issue(): Promise<string> {
    const token = newSecret();
    const expiresAtMs = this.#clock.now() + LIFETIME_MS;
    // Whoever starts a hub on a full disk must be able to see what is wrong.
    this.#isDurable = await this.#map.hold([[KEY, { tokenHash: digest(token), expiresAtMs }]]);
    return token;
  }

  /** Uses the token up; throws `setup-link-used`. Of two at once exactly one succeeds. */
  async redeem(token: string): Promise<void> {
    const link = this.#map.get(KEY);
    if (!link || !matchesDigest(token, link.tokenHash)) throw new ProtocolError('setup-link-used');
    // A link that is on disk must be gone from there, or it would work again after a restart.
    if (this.#isDurable) await this.#map.remove(KEY);
    else await this.#map.hold([[KEY, undefined]]);
    if (link.expiresAtMs <= this.#clock.now()) throw new ProtocolError('setup-link-used');
  }

  async withdraw(): Promise<void> {
    if (this.#map.get(KEY)) await this.#map.remove(KEY);
  }
}

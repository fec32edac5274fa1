import { HOUR_MS } from '@openmanager/protocol/durations';
import { ProtocolError, type ApiToken, type CreatedToken } from '@openmanager/protocol';
import type { Clock, RecordStore } from '../ports/index.ts';
import { collection, RecordMap } from '../records/index.ts';
import { digest, matchesDigest, newId, newSecret } from './secret.ts';

const MAX_TOKENS = 1000;
const USE_WRITTEN_AFTER_MS = HOUR_MS;
/** om_<token id>_<secret> */
const FORM = /^om_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;

interface TokenRecord extends ApiToken {
  readonly secretHash: string;
}

const tokenRecords = collection<TokenRecord>('api-tokens');

/** Read-only tokens for other people's pages and scripts. */
export class ApiTokens {
  readonly #map: RecordMap<TokenRecord>;
  readonly #clock: Clock;

  private constructor(map: RecordMap<TokenRecord>, clock: Clock) {
    this.#map = map;
    this.#clock = clock;
  }

  static async open(records: RecordStore, clock: Clock): Promise<ApiTokens> {
    return new ApiTokens(await RecordMap.open(records, tokenRecords), clock);
  }

  /** Oldest first, without secrets. */
  list(): ApiToken[] {
    return [...this.#map.values()]
      .toSorted((a, b) => a.createdAtMs - b.createdAtMs)
      .map(({ tokenId, name, createdAtMs, lastUsedAtMs }) => ({
        tokenId,
        name,
        createdAtMs,
        lastUsedAtMs,
      }));
  }

  async create(name: string): Promise<CreatedToken> {
    for (const token of this.#map.values())
      if (token.name === name) throw new ProtocolError('already-exists', undefined, 'name');
    if (this.#map.size >= MAX_TOKENS)
      throw new ProtocolError('too-many-requests', 'There are 1000 tokens already.');
    const tokenId = newId();
    const secret = newSecret();
    const token: ApiToken = { tokenId, name, createdAtMs: this.#clock.now(), lastUsedAtMs: null };
    await this.#map.put(tokenId, { ...token, secretHash: digest(secret) });
    return { ...token, secret: `om_${tokenId}_${secret}` };
  }

  /** The id of a valid token, undefined otherwise. */
  async resolve(bearer: string): Promise<string | undefined> {
    const parts = FORM.exec(bearer);
    const token = parts ? this.#map.get(parts[1] as string) : undefined;
    if (!parts || !token || !matchesDigest(parts[2] as string, token.secretHash)) return undefined;
    const now = this.#clock.now();
    if (now - (token.lastUsedAtMs ?? 0) > USE_WRITTEN_AFTER_MS)
      // When it was last used is for people to look at; reading must go on with a full disk.
      await this.#map.put(token.tokenId, { ...token, lastUsedAtMs: now }).catch(() => undefined);
    return token.tokenId;
  }

  /** Throws `not-found`. */
  async revoke(tokenId: string): Promise<void> {
    if (!this.#map.get(tokenId)) throw new ProtocolError('not-found');
    await this.#map.remove(tokenId);
  }
}

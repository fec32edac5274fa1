/** How long to wait before the next connection. */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import type { ErrorCode } from '@openmanager/protocol';
import type { Ending } from './ending.ts';

export const backoff: {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly refusedMs: number;
} = {
  /** Bound of the first wait, ms. */
  firstMs: 250,
  /** Bound of the waits once doubling has reached it, ms. */
  lastMs: 30_000,
  /** After a refusal that needs a person to fix it. */
  refusedMs: MINUTE_MS,
};

const NEEDS_A_PERSON: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unauthenticated',
  'wrong-token',
  'forbidden',
  'revoked',
  'protocol-version',
  // Two agents with the same key would replace each other forever.
  'replaced-connection',
  'other-machine',
]);

/**
 * Full jitter: anything between nothing and a bound that doubles with each attempt, after what the hub asked for.
 * `random` is in [0, 1).
 */
export function waitMs(
  attempt: number,
  { code, retryAfterMs = 0 }: Pick<Ending, 'code' | 'retryAfterMs'>,
  random: () => number,
): number {
  if (code !== undefined && NEEDS_A_PERSON.has(code)) return backoff.refusedMs;
  const jitterMs =
    random() * Math.min(backoff.lastMs, backoff.firstMs * 2 ** Math.min(attempt, 16));
  return jitterMs + Math.min(Math.max(0, retryAfterMs), backoff.refusedMs);
}

/** How long to wait before the next connection. */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import type { ErrorCode } from '@openmanager/protocol';

export const backoff = {
  /** Bound of the first wait. */
  firstMs: 250,
  /** Bound of every later one. */
  lastMs: 30_000,
  /** After a refusal that only a person can mend. */
  refusedMs: MINUTE_MS as number,
} as const;

const NEEDS_A_PERSON: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unauthenticated',
  'wrong-token',
  'forbidden',
  'revoked',
  'protocol-version',
  // Two agents with one key would throw each other out for ever.
  'replaced-connection',
]);

/** Full jitter: anything between nothing and a bound that doubles with each attempt. `random` is in [0, 1). */
export function waitMs(attempt: number, code: ErrorCode | undefined, random: () => number): number {
  if (code !== undefined && NEEDS_A_PERSON.has(code)) return backoff.refusedMs;
  return random() * Math.min(backoff.lastMs, backoff.firstMs * 2 ** Math.min(attempt, 16));
}

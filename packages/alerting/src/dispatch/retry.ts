/** When to try again, after an attempt that failed. */
import { DAY_MS, HOUR_MS } from '@openmanager/protocol/durations';
import * as v from 'valibot';

/** What became of an attempt. */
export type Outcome =
  | {
      readonly kind: 'delivered';
      /** What the far side answered, shortened. */
      readonly answer: string;
      /** For updating the message in place. */
      readonly reference?: string | undefined;
      /** Some recipients refused it for good, as `answer` says; the others have it. */
      readonly isPartly?: true | undefined;
    }
  | {
      readonly kind: 'failed';
      readonly answer: string;
      /** The far side asks to be left alone for so long. */
      readonly retryAfterMs?: number | undefined;
      /** Trying the same again cannot help until somebody changes the receiver's settings. */
      readonly permanent?: boolean | undefined;
      /** Of several recipients: those that have it, and are left out when it is tried again. */
      readonly reached?: readonly string[] | undefined;
    };

export const outcomeSchema: v.GenericSchema<unknown, Outcome> = v.pipe(
  v.variant('kind', [
    v.object({
      kind: v.literal('delivered'),
      answer: v.string(),
      reference: v.optional(v.string()),
      isPartly: v.optional(v.literal(true)),
    }),
    v.object({
      kind: v.literal('failed'),
      answer: v.string(),
      retryAfterMs: v.optional(v.number()),
      permanent: v.optional(v.boolean()),
      reached: v.optional(v.array(v.string())),
    }),
  ]),
  v.title('Outcome'),
);

export interface RetryOptions {
  /** @default 1 s */
  readonly firstMs: number;
  /** @default 5 min */
  readonly mostMs: number;
  /** Longest `Retry-After` that is obeyed. @default 1 h */
  readonly retryAfterMostMs: number;
  /** After so long a message is given up, and counted. @default 24 h */
  readonly giveUpMs: number;
}

export const retryDefaults: RetryOptions = {
  firstMs: 1_000,
  mostMs: 300_000,
  retryAfterMostMs: HOUR_MS,
  giveUpMs: DAY_MS,
};

/** Ms until the next attempt: doubled each time, from half to the whole of it by chance. */
export function retryDelayMs(
  outcome: Extract<Outcome, { kind: 'failed' }>,
  attempts: number,
  options: RetryOptions,
  random: () => number,
): number {
  const { firstMs, mostMs, retryAfterMostMs } = options;
  const backoffMs = outcome.permanent ? mostMs : Math.min(mostMs, firstMs * 2 ** (attempts - 1));
  const waitMs = backoffMs * (0.5 + random() / 2);
  const askedMs = Math.min(outcome.retryAfterMs ?? 0, retryAfterMostMs);
  return Math.max(waitMs, askedMs);
}

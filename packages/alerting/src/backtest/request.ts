/** A backtest as the REST API takes and answers it. */
import { attributesSchema, targetRefSchema } from '@openmanager/protocol';
import { DAY_MS, HOUR_MS } from '@openmanager/protocol/durations';
import * as v from 'valibot';
import type { Rule } from '../model/rule.ts';
import { ruleSchema } from '../model/rule-schema.ts';
import type { BacktestResult, Fire } from './backtest.ts';

export interface BacktestInput {
  readonly rule: Rule;
  /** How much history, up to now: an hour to 30 days. */
  readonly rangeMs: number;
  /** @default all targets */
  readonly targetIds?: readonly string[] | undefined;
}

export const backtestInputSchema: v.GenericSchema<unknown, BacktestInput> = v.pipe(
  v.object({
    rule: ruleSchema,
    rangeMs: v.pipe(v.number(), v.integer(), v.minValue(HOUR_MS), v.maxValue(30 * DAY_MS)),
    targetIds: v.optional(v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(10_000))),
  }),
  v.title('BacktestInput'),
);

export interface BacktestAnswer {
  readonly fromMs: number;
  readonly toMs: number;
  /** Targets with history of the rule's metrics. */
  readonly targets: number;
  /** The widest step of the history that was read, 0 for samples as they came: what is shorter may be missed. */
  readonly stepMs: number;
  readonly fires: readonly (Omit<Fire, 'resolvedAtMs'> & {
    /** Null while it would still fire. */
    readonly resolvedAtMs: number | null;
  })[];
  /** Of all; `fires` holds the newest. */
  readonly fireCount: number;
  readonly flaps: number;
  readonly firingMs: number;
  readonly suggestion: BacktestResult['suggestion'] | null;
}

export const backtestAnswerSchema: v.GenericSchema<unknown, BacktestAnswer> = v.pipe(
  v.object({
    fromMs: v.number(),
    toMs: v.number(),
    targets: v.number(),
    stepMs: v.number(),
    fires: v.array(
      v.object({
        target: targetRefSchema,
        attributes: attributesSchema,
        firedAtMs: v.number(),
        resolvedAtMs: v.nullable(v.number()),
        summary: v.string(),
      }),
    ),
    fireCount: v.number(),
    flaps: v.number(),
    firingMs: v.number(),
    suggestion: v.nullable(
      v.object({
        clear: v.exactOptional(v.number()),
        forMs: v.exactOptional(v.number()),
        clearForMs: v.exactOptional(v.number()),
        fires: v.number(),
      }),
    ),
  }),
  v.title('BacktestAnswer'),
);

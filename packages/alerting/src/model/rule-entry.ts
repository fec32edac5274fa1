import * as v from 'valibot';
import type { Rule } from './rule.ts';
import { ruleSchema } from './rule-schema.ts';
import { ruleWarningSchema, type RuleWarning } from './rule-warnings.ts';

export interface RuleEntry {
  readonly rule: Rule;
  /** `default`: as it comes. `changed`: a default somebody changed. `own`: made here. */
  readonly origin: 'default' | 'changed' | 'own';
  /** What is allowed and yet hardly meant. */
  readonly warnings: readonly RuleWarning[];
}

export const ruleEntrySchema: v.GenericSchema<unknown, RuleEntry> = v.pipe(
  v.object({
    rule: ruleSchema,
    origin: v.picklist(['default', 'changed', 'own']),
    warnings: v.array(ruleWarningSchema),
  }),
  v.title('RuleEntry'),
);

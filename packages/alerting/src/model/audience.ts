import type { Audience } from '@openmanager/protocol';
import type { Rule } from './rule.ts';

/** Whom the rule of an alert tells; an alert whose rule is gone is everybody's. */
export function audienceOf(rule: Rule | undefined): Audience {
  return rule?.notify ?? 'everyone';
}

/** What `notify` was before it named an audience: false where the alert was only shown. Anything else stays. */
export function upgradeNotify(value: unknown): unknown {
  if (value === false) return 'nobody';
  return value === true ? 'everyone' : value;
}

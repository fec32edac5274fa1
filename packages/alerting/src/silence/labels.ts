import { identityLabels, type Alert, type Labels, type TargetLookup } from '@openmanager/protocol';
import type { Rule } from '../model/rule.ts';

/**
 * What routes, silences and inhibition see of an alert: the attributes of its series under their own names, the
 * labels of its target, the rule's labels, which count before both, and what nothing replaces: `rule`, `severity`,
 * `metric`, `target` (its name), `targetId`, `kind`, and of what is a host or runs on one `host` and `hostId`.
 */
export function labelsOf(alert: Alert, rule: Rule | undefined, lookup: TargetLookup): Labels {
  const target = lookup(alert.target.id) ?? { ...alert.target, labels: {} };
  return {
    ...alert.attributes,
    ...target.labels,
    ...rule?.labels,
    ...identityLabels(target, lookup),
    rule: alert.ruleId,
    severity: alert.severity,
    metric: alert.metric,
  };
}

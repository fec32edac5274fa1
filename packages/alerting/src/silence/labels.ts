import type { Alert } from '@openmanager/protocol';
import type { Rule } from '../model/rule.ts';

/** What routes, silences and inhibition see of an alert. */
export type Labels = Readonly<Record<string, string>>;

/**
 * `rule`, `severity`, `host` (its name), `hostId`, `metric`, the attributes of the series under their own names,
 * and the rule's labels, which may replace any of these but the first five.
 */
export function labelsOf(alert: Alert, rule: Rule | undefined): Labels {
  return {
    ...alert.attributes,
    ...rule?.labels,
    rule: alert.ruleId,
    severity: alert.severity,
    host: alert.hostname,
    hostId: alert.hostId,
    metric: alert.metric,
  };
}

import { seriesSetId, severities, type Alert, type Severity } from '@openmanager/protocol';
import type { Decisions } from './decisions.ts';
import type { Flush } from './group.ts';
import type { Notification, NotifiedAlert, Reason } from './notification.ts';
import type { DispatchPolicy } from './policy.ts';
import { sharedLabels } from './storm.ts';
import { isUntold } from './waits.ts';

/** What a group has to say now. `reached` stays while it is the very message that was tried before. */
export function notificationOf(
  { group, members, reason = 'new', nowMs }: Flush,
  policy: Pick<DispatchPolicy, 'rule'>,
  known: Pick<Decisions, 'acknowledgement'>,
): Notification {
  const alerts = inOrder(
    members.map(({ alert, labels, told, isKnownToSome }) => {
      const runbookUrl = policy.rule(alert.ruleId)?.runbookUrl;
      const acknowledged = known.acknowledgement(alert.id);
      return {
        alert,
        labels,
        ...(runbookUrl === undefined ? {} : { runbookUrl }),
        ...(acknowledged ? { acknowledged } : {}),
        ...(isUntold({ told }) && alert.state === 'firing' && !isKnownToSome
          ? { isNew: true }
          : {}),
      };
    }),
  );
  const key = keyOf(group.groupId, group.turn, reason, alerts);
  const { delivery, isStorm, reference } = group;
  const reached = delivery?.notification.key === key ? delivery.reached : [];
  return {
    key,
    ...(reached.length > 0 ? { reached } : {}),
    receiver: group.receiver,
    groupId: group.groupId,
    groupLabels: isStorm ? sharedLabels(members) : group.labels,
    ...(isStorm ? { isStorm: true } : {}),
    reason,
    rings: reason === 'repeat' || alerts.some(({ isNew }) => isNew === true),
    status: alerts.some(({ alert }) => alert.state === 'firing') ? 'firing' : 'resolved',
    severity: worstOf(alerts),
    alerts,
    dropped: group.dropped,
    ...(reference === undefined ? {} : { reference }),
    createdAtMs: nowMs,
  };
}

const rank = (alert: Alert): number =>
  (alert.state === 'firing' ? 0 : 10) - severities.indexOf(alert.severity);

function inOrder(alerts: readonly NotifiedAlert[]): NotifiedAlert[] {
  return alerts.toSorted(
    (a, b) =>
      rank(a.alert) - rank(b.alert) ||
      (a.alert.firedAtMs ?? 0) - (b.alert.firedAtMs ?? 0) ||
      (a.alert.id < b.alert.id ? -1 : 1),
  );
}

function worstOf(alerts: readonly NotifiedAlert[]): Severity {
  const firing = alerts.filter(({ alert }) => alert.state === 'firing');
  const counted = firing.length > 0 ? firing : alerts;
  const worst = counted.reduce(
    (most, { alert }) => Math.max(most, severities.indexOf(alert.severity)),
    0,
  );
  return severities[worst] as Severity;
}

/** A key of the content: equal content of one group in one turn has one key. */
function keyOf(
  groupId: string,
  turn: number,
  reason: Reason,
  alerts: readonly NotifiedAlert[],
): string {
  const content = alerts.map(({ alert }) => `${alert.id} ${alert.state}`);
  return seriesSetId([groupId, String(turn), reason, ...content]);
}

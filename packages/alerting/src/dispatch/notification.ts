import {
  seriesSetId,
  severities,
  type Alert,
  type Labels,
  type Severity,
} from '@openmanager/protocol';
import * as v from 'valibot';
import type { Decisions } from './decisions.ts';
import type { Flush } from './group.ts';
import type { DispatchPolicy } from './policy.ts';
import { sharedLabels } from './storm.ts';
import { isUntold } from './waits.ts';

/** Why a message is sent. */
export const reasons = ['new', 'repeat', 'escalation'] as const;
export type Reason = (typeof reasons)[number];

export interface NotifiedAlert {
  readonly alert: Alert;
  readonly labels: Labels;
  readonly runbookUrl?: string | undefined;
  readonly acknowledged?: Acknowledgement | undefined;
  /** It fires, and the receiver has not heard of it yet. */
  readonly isNew?: true | undefined;
}

export interface Acknowledgement {
  readonly author: string;
  readonly note: string;
  readonly atMs: number;
}

export const acknowledgementSchema: v.GenericSchema<unknown, Acknowledgement> = v.pipe(
  v.object({ author: v.string(), note: v.string(), atMs: v.number() }),
  v.title('Acknowledgement'),
);

/** One message about one group to one receiver. */
export interface Notification {
  /** The same for every attempt at the same content, also after a restart. */
  readonly key: string;
  readonly receiver: string;
  /** Recipients of the receiver, such as mail addresses, that have this message already. */
  readonly reached?: readonly string[] | undefined;
  /** Whether it is about what many groups had to say at once; `groupLabels` are those that all alerts share. */
  readonly isStorm?: true | undefined;
  /** Names the group at this receiver, so that a later message can take the place of an earlier one. */
  readonly groupId: string;
  readonly groupLabels: Labels;
  readonly reason: Reason;
  /** Whether an alert fires in it that the receiver has not heard of, or is told of again. */
  readonly rings: boolean;
  /** Firing while any of the alerts is. */
  readonly status: 'firing' | 'resolved';
  /** The worst of those that fire, or of all when none does. */
  readonly severity: Severity;
  /** Firing ones first, then worst first, then oldest first. */
  readonly alerts: readonly NotifiedAlert[];
  /** Resolved alerts that had to be forgotten while the receiver could not be reached. */
  readonly dropped: number;
  /** What the receiver answered to the message before, where that can be updated in place. */
  readonly reference?: string | undefined;
  readonly createdAtMs: number;
}

/** What a group has to say now. `reached` stays while it is the very message that was tried before. */
export function notificationOf(
  { group, members, reason = 'new', nowMs }: Flush,
  policy: Pick<DispatchPolicy, 'rule'>,
  known: Pick<Decisions, 'acknowledgement'>,
): Notification {
  const alerts = inOrder(
    members.map(({ alert, labels, told }) => {
      const runbookUrl = policy.rule(alert.ruleId)?.runbookUrl;
      const acknowledged = known.acknowledgement(alert.id);
      return {
        alert,
        labels,
        ...(runbookUrl === undefined ? {} : { runbookUrl }),
        ...(acknowledged ? { acknowledged } : {}),
        ...(isUntold({ told }) && alert.state === 'firing' ? { isNew: true } : {}),
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

import type { AlertState, Labels } from '@openmanager/protocol';
import type { Delivery } from './group.ts';
import type { Outcome } from './retry.ts';
import type { Reason } from './notification.ts';

/** Alerts of one entry that are named; the others are counted. */
const NAMED = 20;
const DIGITS = 16;

/** What was sent to whom, why, and with what answer. One entry per message, whatever the attempts. */
export interface NotificationEntry {
  readonly entryId: string;
  readonly key: string;
  readonly receiver: string;
  readonly groupLabels: Labels;
  readonly reason: Reason;
  readonly status: 'firing' | 'resolved';
  /** `failed`: it will be tried again. `given-up`: it will not. */
  readonly outcome: 'delivered' | 'failed' | 'given-up';
  readonly answer: string;
  readonly attempts: number;
  readonly firstAtMs: number;
  readonly atMs: number;
  readonly alertCount: number;
  readonly alerts: readonly {
    readonly id: string;
    readonly ruleId: string;
    readonly targetName: string;
    readonly state: AlertState;
    readonly summary: string;
  }[];
}

/** `attempts` counts the one that ended now. */
export function entryOf(
  delivery: Delivery,
  turn: number,
  outcome: Outcome,
  attempts: number,
  givenUp: boolean,
  nowMs: number,
): NotificationEntry {
  const { notification, firstMs } = delivery;
  const { groupId, key, receiver, groupLabels, reason, status, alerts } = notification;
  return {
    // Sorts by time; stays the same however often it is tried.
    entryId: `${String(Math.floor(firstMs)).padStart(DIGITS, '0')} ${groupId} ${turn}`,
    key,
    receiver,
    groupLabels,
    reason,
    status,
    outcome: outcome.kind === 'failed' && givenUp ? 'given-up' : outcome.kind,
    answer: outcome.answer,
    attempts,
    firstAtMs: firstMs,
    atMs: nowMs,
    alertCount: alerts.length,
    alerts: alerts.slice(0, NAMED).map(({ alert }) => ({
      id: alert.id,
      ruleId: alert.ruleId,
      targetName: alert.target.name,
      state: alert.state,
      summary: alert.summary,
    })),
  };
}

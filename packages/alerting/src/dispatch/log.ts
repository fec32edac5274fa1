import { alertStates, type AlertState, type Labels } from '@openmanager/protocol';
import * as v from 'valibot';
import type { Delivery } from './group.ts';
import type { Outcome } from './retry.ts';
import { reasons, type Reason } from './notification.ts';

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
  /** `partly`: some recipients refused it. `failed`: it will be tried again. `given-up`: it will not. */
  readonly outcome: 'delivered' | 'partly' | 'failed' | 'given-up';
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

export const notificationEntrySchema: v.GenericSchema<unknown, NotificationEntry> = v.pipe(
  v.object({
    entryId: v.string(),
    key: v.string(),
    receiver: v.string(),
    groupLabels: v.record(v.string(), v.string()),
    reason: v.picklist(reasons),
    status: v.picklist(['firing', 'resolved']),
    outcome: v.pipe(
      v.picklist(['delivered', 'partly', 'failed', 'given-up']),
      v.description(
        'partly: some recipients refused it; failed: it will be tried again; given-up: it will not',
      ),
    ),
    answer: v.string(),
    attempts: v.number(),
    firstAtMs: v.number(),
    atMs: v.number(),
    alertCount: v.number(),
    alerts: v.array(
      v.object({
        id: v.string(),
        ruleId: v.string(),
        targetName: v.string(),
        state: v.picklist(alertStates),
        summary: v.string(),
      }),
    ),
  }),
  v.title('NotificationEntry'),
);

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
    outcome: resultOf(outcome, givenUp),
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

function resultOf(outcome: Outcome, givenUp: boolean): NotificationEntry['outcome'] {
  if (outcome.kind === 'failed') return givenUp ? 'given-up' : 'failed';
  return outcome.isPartly ? 'partly' : 'delivered';
}

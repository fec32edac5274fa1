import { seriesSetId, type Alert, type Labels } from '@openmanager/protocol';
import type { Branch } from './route.ts';
import type { Notification, Reason } from './notification.ts';

/** An alert as one receiver is told of it. */
export interface Member {
  alert: Alert;
  labels: Labels;
  /** What the receiver knows: nothing, or that it fires. One that was told to be resolved is forgotten. */
  told: 'nothing' | 'firing';
  /** Nobody is told before. */
  notBeforeMs: number;
}

/** A message on its way. */
export interface Delivery {
  readonly notification: Notification;
  /** Ended attempts. */
  readonly attempts: number;
  readonly firstMs: number;
  readonly nextMs: number;
  readonly inFlight: boolean;
  readonly failure: string | undefined;
}

/** Alerts that share messages to one receiver. */
export interface Group {
  readonly groupId: string;
  readonly receiver: string;
  /** Place of the escalation, −1 for the first to be told. */
  readonly step: number;
  readonly labels: Labels;
  branch: Branch;
  readonly members: Map<string, Member>;
  /** How many of them are resolved. */
  resolved: number;
  /** When it is to be looked at next; Infinity when nothing can have changed till then. */
  wakeMs: number;
  /** When the last message got through. */
  sentMs: number | undefined;
  /** Messages that got through. */
  turn: number;
  /** Of the last message, while something of it still fires. */
  reference: string | undefined;
  dropped: number;
  delivery: Delivery | undefined;
}

/** A group as it is kept over a restart, without its members. */
export interface GroupRecord {
  readonly groupId: string;
  readonly receiver: string;
  readonly step: number;
  readonly labels: Labels;
  readonly wakeMs: number | null;
  readonly sentMs?: number | undefined;
  readonly turn: number;
  readonly reference?: string | undefined;
  readonly dropped: number;
}

export interface MemberRecord {
  readonly groupId: string;
  readonly alert: Alert;
  readonly told: Member['told'];
  readonly notBeforeMs: number;
}

/** Where the branch of the tree does not matter: editing it does not tell everything anew. */
export function groupIdOf(receiver: string, step: number, labels: Labels): string {
  return seriesSetId([receiver, String(step), JSON.stringify(labels)]);
}

export function groupRecord(group: Group): GroupRecord {
  const { groupId, receiver, step, labels, wakeMs, sentMs, turn, reference, dropped } = group;
  return {
    groupId,
    receiver,
    step,
    labels,
    wakeMs: Number.isFinite(wakeMs) ? wakeMs : null,
    ...(sentMs === undefined ? {} : { sentMs }),
    turn,
    ...(reference === undefined ? {} : { reference }),
    dropped,
  };
}

export interface Flush {
  readonly group: Group;
  readonly nowMs: number;
  /** Who is told of in the message. */
  readonly members: readonly Member[];
  readonly reason: Reason | undefined;
}

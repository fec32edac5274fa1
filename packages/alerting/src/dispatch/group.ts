import { seriesSetId, type Alert, type Labels } from '@openmanager/protocol';
import type { Branch } from './route.ts';
import type { Notification, Reason } from './notification.ts';

/** An alert as one receiver is told of it. */
export interface Member {
  alert: Alert;
  labels: Labels;
  /**
   * What the receiver knows: nothing, or that it fires; perhaps the one and perhaps the other, after a hub that was killed
   * when a message may have been on its way; or nothing because a message was given up. One that was told to be resolved is
   * forgotten.
   */
  told: 'nothing' | 'perhaps' | 'firing' | 'given-up';
  /** Nobody is told before. */
  notBeforeMs: number;
  /** Whether some of the receiver's recipients, such as browsers, have heard that it fires. */
  isKnownToSome?: boolean;
  /** Whether something kept it from being told at the last look. */
  isMuted?: boolean;
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
  /** Of a receiver with several recipients: those that have it. */
  readonly reached: readonly string[];
}

/** Alerts that share messages to one receiver. */
export interface Group {
  readonly groupId: string;
  readonly receiver: string;
  /** Place of the escalation, −1 for the first to be told. */
  readonly step: number;
  readonly labels: Labels;
  /** Whether it took over what many groups of the receiver had to say at once. */
  readonly isStorm: boolean;
  branch: Branch;
  readonly members: Map<string, Member>;
  /** How many of them are resolved. */
  resolved: number;
  /** When it is to be looked at next; Infinity when nothing can have changed till then. */
  wakeMs: number;
  /** Since when the first message waits for more alerts. */
  sinceMs: number | undefined;
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
  readonly isStorm?: boolean | undefined;
  readonly wakeMs: number | null;
  readonly sinceMs?: number | undefined;
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
  const { groupId, receiver, step, labels, wakeMs, sinceMs, sentMs, turn, reference, dropped } =
    group;
  return {
    groupId,
    receiver,
    step,
    labels,
    ...(group.isStorm ? { isStorm: true } : {}),
    ...(sinceMs === undefined ? {} : { sinceMs }),
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

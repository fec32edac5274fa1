import type { Alert, Labels, Severity } from '@openmanager/protocol';
import * as v from 'valibot';

/** Why a message is sent. */
export const reasons = ['new', 'repeat', 'escalation'] as const;
export type Reason = (typeof reasons)[number];

export interface NotifiedAlert {
  readonly alert: Alert;
  readonly labels: Labels;
  readonly runbookUrl?: string | undefined;
  /** Its page on the dashboard, where it can be acknowledged and silenced. */
  readonly pageUrl?: string | undefined;
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
  /** About no alert that there is: somebody tries the receiver. */
  readonly isTest?: true | undefined;
}

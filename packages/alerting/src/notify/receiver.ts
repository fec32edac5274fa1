import type { Notification } from '../dispatch/notification.ts';
import type { Outcome } from '../dispatch/retry.ts';
import type { Resolve, Send } from './outgoing.ts';

/** What an integration needs beside its settings. */
export interface SendContext {
  readonly send: Send;
  /** Where mail connects to: the very address that was checked. */
  readonly resolve: Resolve;
  readonly now: () => number;
  /** Address of the dashboard; to an integration, where a tap on the message leads: the page of its first alert. */
  readonly hubUrl?: string | undefined;
  /** Certificates to trust for mail, PEM. @default the system's */
  readonly ca?: string | undefined;
}

/** `gone`: Web Push subscriptions that the push service no longer knows. */
export type SendOutcome = Outcome & { readonly gone?: readonly string[] | undefined };

/** Brings a notification to one channel. Never throws for what the far side does. */
export interface Integration<S> {
  deliver(notification: Notification, settings: S, context: SendContext): Promise<SendOutcome>;
  /** Says that the hub lives, where somebody raises the alarm when that is not said each minute. */
  beat?(settings: S, context: SendContext): Promise<SendOutcome>;
}

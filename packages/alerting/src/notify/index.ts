/** The far ends of notifications. Needs Node: sockets and files. */
import type { Notification } from '../dispatch/notification.ts';
import { alertmanager } from './alertmanager/send.ts';
import { discord } from './discord/send.ts';
import { email } from './email/send.ts';
import { gotify } from './gotify/send.ts';
import { ntfy } from './ntfy/send.ts';
import { opsgenie } from './opsgenie/send.ts';
import { pagerduty } from './pagerduty/send.ts';
import type { Integration, SendContext, SendOutcome } from './receiver.ts';
import type { ReceiverKind, ReceiverSettings, KindSettings } from './settings.ts';
import { slack } from './slack/send.ts';
import { teams } from './teams/send.ts';
import { telegram } from './telegram/send.ts';
import { webPush } from './web-push/send.ts';
import { webhook } from './webhook/send.ts';

const integrations: { readonly [K in ReceiverKind]: Integration<KindSettings<K>> } = {
  webhook,
  email,
  slack,
  discord,
  telegram,
  teams,
  pagerduty,
  opsgenie,
  ntfy,
  gotify,
  alertmanager,
  'web-push': webPush,
};

/** Brings a notification to its receiver; every failure of the far side is an outcome. */
export function deliver(
  notification: Notification,
  settings: ReceiverSettings,
  context: SendContext,
): Promise<SendOutcome> {
  // The compiler cannot see that the integration chosen by the kind takes that kind's settings.
  const integration = integrations[settings.kind] as Integration<ReceiverSettings>;
  return integration.deliver(notification, settings, context);
}

export { isPublicAddress } from './address.ts';
export {
  outgoing,
  OutgoingError,
  outgoingDefaults,
  type OutgoingAnswer,
  type OutgoingOptions,
  type OutgoingRequest,
  type Send,
} from './outgoing.ts';
export type { SendContext, SendOutcome } from './receiver.ts';
export { hasVault, openVault, Vault, VaultError } from './vault.ts';
export { generateVapidKeys, type PushPayload } from './web-push/send.ts';
export { verifySignature } from './webhook/send.ts';

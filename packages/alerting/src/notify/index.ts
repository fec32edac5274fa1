/** The far ends of notifications. Needs Node: sockets and files. */
import type { Notification } from '../dispatch/notification.ts';
import { alertmanager } from './alertmanager/alertmanager.ts';
import { discord } from './discord/discord.ts';
import { email } from './email/email.ts';
import { gotify } from './gotify/gotify.ts';
import { ntfy } from './ntfy/ntfy.ts';
import { opsgenie } from './opsgenie/opsgenie.ts';
import { pagerduty } from './pagerduty/pagerduty.ts';
import type {
  Integration,
  ReceiverKind,
  ReceiverSettings,
  SendContext,
  SendOutcome,
  SettingsOf,
} from './receiver.ts';
import { slack } from './slack/slack.ts';
import { teams } from './teams/teams.ts';
import { telegram } from './telegram/telegram.ts';
import { webPush } from './web-push/web-push.ts';
import { webhook } from './webhook/webhook.ts';

const integrations: { readonly [K in ReceiverKind]: Integration<SettingsOf<K>> } = {
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
export {
  pushSubscriptionSchema,
  receiverInfoSchema,
  receiverInputSchema,
  receiverKinds,
  receiverSettingsSchema,
  secretFields,
  splitSecrets,
  type PushSubscription,
  type ReceiverInfo,
  type ReceiverInput,
  type ReceiverKind,
  type ReceiverSettings,
  type SendContext,
  type SendOutcome,
  type ShownSettings,
} from './receiver.ts';
export { openVault, Vault, VaultError } from './vault.ts';
export { generateVapidKeys, type PushPayload } from './web-push/web-push.ts';
export { verifySignature } from './webhook/webhook.ts';

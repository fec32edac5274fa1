/** The far ends of notifications. Needs Node: sockets and files. */
import type { Notification } from '../dispatch/notification.ts';
import { alertmanager } from './alertmanager/send.ts';
import { discord } from './discord/send.ts';
import { email } from './email/send.ts';
import { gotify } from './gotify/send.ts';
import { heartbeat } from './heartbeat/send.ts';
import { ntfy } from './ntfy/send.ts';
import { opsgenie } from './opsgenie/send.ts';
import { pagerduty } from './pagerduty/send.ts';
import type { Integration, SendContext, SendOutcome } from './receiver.ts';
import {
  splitSecrets,
  type KindSettings,
  type ReceiverKind,
  type ReceiverSettings,
} from './settings.ts';
import { slack } from './slack/send.ts';
import { teams } from './teams/send.ts';
import { telegram } from './telegram/send.ts';
import { pushover } from './pushover/send.ts';
import { matrix } from './matrix/send.ts';
import { mattermost } from './mattermost/send.ts';
import { googleChat } from './google-chat/send.ts';
import { jiraServiceManagement } from './jira-service-management/send.ts';
import { kakaowork } from './kakaowork/send.ts';
import { jandi } from './jandi/send.ts';
import { naverWorks } from './naver-works/send.ts';
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
  heartbeat,
  pushover,
  matrix,
  mattermost,
  'google-chat': googleChat,
  'jira-service-management': jiraServiceManagement,
  kakaowork,
  jandi,
  'naver-works': naverWorks,
  'web-push': webPush,
};

/** Brings a notification to its receiver; every failure of the far side is an outcome. */
export async function deliver(
  notification: Notification,
  settings: ReceiverSettings,
  context: SendContext,
): Promise<SendOutcome> {
  // The compiler cannot see that the integration chosen by the kind takes that kind's settings.
  const integration = integrations[settings.kind] as Integration<ReceiverSettings>;
  const linked = withPages(notification, context.hubUrl);
  const pageUrl = linked.alerts[0]?.pageUrl;
  const hubUrl = pageUrl ?? context.hubUrl;
  const outcome = await integration.deliver(linked, settings, { ...context, hubUrl });
  // What the far side says is stored and shown; it may well quote what it was sent.
  return { ...outcome, answer: withoutSecrets(outcome.answer, settings) };
}

function withPages(notification: Notification, hubUrl: string | undefined): Notification {
  if (hubUrl === undefined || notification.isTest) return notification;
  const base = hubUrl.replace(/\/+$/, '');
  const alerts = notification.alerts.map((one) => ({
    ...one,
    pageUrl: `${base}/alerts/${encodeURIComponent(one.alert.id)}`,
  }));
  return { ...notification, alerts };
}

/** Says there that the hub lives; undefined where nobody waits for that. */
export async function beat(
  settings: ReceiverSettings,
  context: SendContext,
): Promise<SendOutcome | undefined> {
  const integration = integrations[settings.kind] as Integration<ReceiverSettings>;
  const outcome = await integration.beat?.(settings, context);
  return outcome && { ...outcome, answer: withoutSecrets(outcome.answer, settings) };
}

/** Shorter ones may be words of any answer. */
const SHORTEST_SECRET = 6;

function withoutSecrets(answer: string, settings: ReceiverSettings): string {
  const secrets = Object.values(splitSecrets(settings).secret).flatMap((secret) => {
    if (!URL.canParse(secret)) return [secret];
    const { pathname, search } = new URL(secret);
    // The services name their tokens without the rest of the address.
    return [secret, `${pathname}${search}`, pathname, ...pathname.split('/')];
  });
  return secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .toSorted((one, other) => other.length - one.length)
    .reduce((text, secret) => text.replaceAll(secret, '…'), answer);
}

export { isPublicAddress } from './address.ts';
export {
  checkedAddress,
  outgoing,
  OutgoingError,
  outgoingDefaults,
  type OutgoingAnswer,
  type OutgoingOptions,
  type OutgoingRequest,
  type Resolve,
  type Send,
} from './outgoing.ts';
export type { SendContext, SendOutcome } from './receiver.ts';
export { hasVault, openVault, Vault, VaultError } from './vault.ts';
export { generateVapidKeys, type PushPayload } from './web-push/send.ts';
export { verifySignature } from './webhook/send.ts';

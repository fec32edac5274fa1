/** The settings of every kind of receiver, without what sends: their types and schemas may be used in browsers. */
import * as v from 'valibot';
import type { SettingsOf } from './fields.ts';
import { alertmanagerSettings, type AlertmanagerSettings } from './alertmanager/settings.ts';
import { discordSettings, type DiscordSettings } from './discord/settings.ts';
import { emailSettings, type EmailSettings } from './email/settings.ts';
import { gotifySettings, type GotifySettings } from './gotify/settings.ts';
import { ntfySettings, type NtfySettings } from './ntfy/settings.ts';
import { opsgenieSettings, type OpsgenieSettings } from './opsgenie/settings.ts';
import { pagerdutySettings, type PagerDutySettings } from './pagerduty/settings.ts';
import { slackSettings, type SlackSettings } from './slack/settings.ts';
import { teamsSettings, type TeamsSettings } from './teams/settings.ts';
import { telegramSettings, type TelegramSettings } from './telegram/settings.ts';
import { webPushSettings, type WebPushSettings } from './web-push/settings.ts';
import { webhookSettings, type WebhookSettings } from './webhook/settings.ts';

export type ReceiverSettings =
  | WebhookSettings
  | EmailSettings
  | SlackSettings
  | DiscordSettings
  | TelegramSettings
  | TeamsSettings
  | PagerDutySettings
  | OpsgenieSettings
  | NtfySettings
  | GotifySettings
  | AlertmanagerSettings
  | WebPushSettings;
export type ReceiverKind = ReceiverSettings['kind'];
export type SettingsOfKind<K extends ReceiverKind> = Extract<
  ReceiverSettings,
  { readonly kind: K }
>;

const settings = {
  webhook: webhookSettings,
  email: emailSettings,
  slack: slackSettings,
  discord: discordSettings,
  telegram: telegramSettings,
  teams: teamsSettings,
  pagerduty: pagerdutySettings,
  opsgenie: opsgenieSettings,
  ntfy: ntfySettings,
  gotify: gotifySettings,
  alertmanager: alertmanagerSettings,
  'web-push': webPushSettings,
} as const satisfies { readonly [K in ReceiverKind]: SettingsOf<SettingsOfKind<K>> };

/** What `v.variant` takes; the declared type of the schemas hides their entries. */
type Variant = v.StrictObjectSchema<
  { readonly kind: v.LiteralSchema<ReceiverKind, undefined> },
  undefined
>;

export const receiverKinds: readonly ReceiverKind[] = Object.keys(settings) as ReceiverKind[];

export const receiverSettingsSchema: v.GenericSchema<unknown, ReceiverSettings> = v.variant(
  'kind',
  Object.values(settings).map(({ schema }) => schema as v.GenericSchema as Variant),
) as v.GenericSchema as v.GenericSchema<unknown, ReceiverSettings>;

/** Fields that are never shown again once they are set, by kind. */
export const secretFields: Readonly<Record<ReceiverKind, readonly string[]>> = Object.fromEntries(
  receiverKinds.map((kind) => [kind, settings[kind].secrets]),
) as Record<ReceiverKind, readonly string[]>;

/** The settings of every kind of receiver, without what sends: their types and schemas may be used in browsers. */
import * as v from 'valibot';
import { alertmanagerSettings, type AlertmanagerSettings } from './alertmanager/settings.ts';
import { discordSettings, type DiscordSettings } from './discord/settings.ts';
import { emailSettings, type EmailSettings } from './email/settings.ts';
import { gotifySettings, type GotifySettings } from './gotify/settings.ts';
import { heartbeatSettings, type HeartbeatSettings } from './heartbeat/settings.ts';
import { ntfySettings, type NtfySettings } from './ntfy/settings.ts';
import { opsgenieSettings, type OpsgenieSettings } from './opsgenie/settings.ts';
import { pagerdutySettings, type PagerDutySettings } from './pagerduty/settings.ts';
import { slackSettings, type SlackSettings } from './slack/settings.ts';
import { teamsSettings, type TeamsSettings } from './teams/settings.ts';
import { telegramSettings, type TelegramSettings } from './telegram/settings.ts';
import { pushoverSettings, type PushoverSettings } from './pushover/settings.ts';
import { matrixSettings, type MatrixSettings } from './matrix/settings.ts';
import { mattermostSettings, type MattermostSettings } from './mattermost/settings.ts';
import { googleChatSettings, type GoogleChatSettings } from './google-chat/settings.ts';
import {
  jiraServiceManagementSettings,
  type JiraServiceManagementSettings,
} from './jira-service-management/settings.ts';
import { kakaoworkSettings, type KakaoWorkSettings } from './kakaowork/settings.ts';
import { jandiSettings, type JandiSettings } from './jandi/settings.ts';
import { naverWorksSettings, type NaverWorksSettings } from './naver-works/settings.ts';
import { webPushSettings, type WebPushSettings } from './web-push/settings.ts';
import { webhookSettings, type WebhookSettings } from './webhook/settings.ts';

interface Settings {
  readonly webhook: WebhookSettings;
  readonly email: EmailSettings;
  readonly slack: SlackSettings;
  readonly discord: DiscordSettings;
  readonly telegram: TelegramSettings;
  readonly teams: TeamsSettings;
  readonly pagerduty: PagerDutySettings;
  readonly opsgenie: OpsgenieSettings;
  readonly ntfy: NtfySettings;
  readonly gotify: GotifySettings;
  readonly alertmanager: AlertmanagerSettings;
  readonly heartbeat: HeartbeatSettings;
  readonly pushover: PushoverSettings;
  readonly matrix: MatrixSettings;
  readonly mattermost: MattermostSettings;
  readonly 'google-chat': GoogleChatSettings;
  readonly 'jira-service-management': JiraServiceManagementSettings;
  readonly kakaowork: KakaoWorkSettings;
  readonly jandi: JandiSettings;
  readonly 'naver-works': NaverWorksSettings;
  readonly 'web-push': WebPushSettings;
}

interface Kinds {
  readonly webhook: typeof webhookSettings;
  readonly email: typeof emailSettings;
  readonly slack: typeof slackSettings;
  readonly discord: typeof discordSettings;
  readonly telegram: typeof telegramSettings;
  readonly teams: typeof teamsSettings;
  readonly pagerduty: typeof pagerdutySettings;
  readonly opsgenie: typeof opsgenieSettings;
  readonly ntfy: typeof ntfySettings;
  readonly gotify: typeof gotifySettings;
  readonly alertmanager: typeof alertmanagerSettings;
  readonly heartbeat: typeof heartbeatSettings;
  readonly pushover: typeof pushoverSettings;
  readonly matrix: typeof matrixSettings;
  readonly mattermost: typeof mattermostSettings;
  readonly 'google-chat': typeof googleChatSettings;
  readonly 'jira-service-management': typeof jiraServiceManagementSettings;
  readonly kakaowork: typeof kakaoworkSettings;
  readonly jandi: typeof jandiSettings;
  readonly 'naver-works': typeof naverWorksSettings;
  readonly 'web-push': typeof webPushSettings;
}

const kinds: Kinds = {
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
  heartbeat: heartbeatSettings,
  pushover: pushoverSettings,
  matrix: matrixSettings,
  mattermost: mattermostSettings,
  'google-chat': googleChatSettings,
  'jira-service-management': jiraServiceManagementSettings,
  kakaowork: kakaoworkSettings,
  jandi: jandiSettings,
  'naver-works': naverWorksSettings,
  'web-push': webPushSettings,
};

export type ReceiverKind = keyof Settings;
/** Of one kind. */
export type KindSettings<K extends ReceiverKind> = Settings[K];
type Secret<K extends ReceiverKind> = Kinds[K]['secrets'][number];
export type ReceiverSettings = Settings[ReceiverKind];

/** Browsers subscribe by themselves: nobody sets them up by name. */
type NamedKind = Exclude<ReceiverKind, 'web-push'>;

/** Settings as they are shown and stored in the clear. */
export type ShownSettings = { [K in NamedKind]: Omit<KindSettings<K>, Secret<K>> }[NamedKind];

/** Settings as a person gives them: a secret that is left out stays as it is. */
export type ReceiverInput = {
  [K in NamedKind]: Omit<KindSettings<K>, Secret<K>> &
    Partial<Pick<KindSettings<K>, Secret<K> & keyof KindSettings<K>>>;
}[NamedKind];

/** A receiver as it is shown: which secrets are set, not what they are. */
export interface ReceiverInfo {
  readonly receiverId: string;
  readonly settings: ShownSettings;
  readonly secretsSet: readonly string[];
  /** Where it goes, where the address as a whole is secret: scheme, host and port. */
  readonly origin?: string | undefined;
}

export const receiverKinds: readonly ReceiverKind[] = Object.keys(kinds) as ReceiverKind[];

/** Fields that are never shown again once they are set. */
export function secretsOf(kind: ReceiverKind): readonly string[] {
  return kinds[kind].secrets;
}

/** What `v.variant` takes; the declared types of the schemas hide their entries. */
type Variant = v.StrictObjectSchema<
  v.ObjectEntries & { readonly kind: v.GenericSchema },
  undefined
>;

/** The settings of these kinds, with another form of their secret fields. */
function variantsOf(
  of: readonly ReceiverKind[],
  change: (variant: Variant, secrets: [string, ...string[]]) => Variant,
): Variant[] {
  return of.map((kind) =>
    change(kinds[kind].schema as v.GenericSchema as Variant, [...secretsOf(kind)] as [string]),
  );
}

// The compiler cannot follow a change of every variant; the types above say what comes out.
export const receiverSettingsSchema: v.GenericSchema<unknown, ReceiverSettings> = v.variant(
  'kind',
  variantsOf(receiverKinds, (variant) => variant),
) as v.GenericSchema as v.GenericSchema<unknown, ReceiverSettings>;

const named = receiverKinds.filter((kind) => kind !== 'web-push');

const shownSettings = v.variant(
  'kind',
  variantsOf(named, (variant, secrets) => v.omit(variant, secrets) as Variant),
) as v.GenericSchema as v.GenericSchema<unknown, ShownSettings>;

export const receiverInputSchema: v.GenericSchema<unknown, ReceiverInput> = v.pipe(
  v.variant(
    'kind',
    variantsOf(named, (variant, secrets) => v.partial(variant, secrets) as Variant),
  ) as v.GenericSchema as v.GenericSchema<unknown, ReceiverInput>,
  v.title('ReceiverInput'),
);

export const receiverInfoSchema: v.GenericSchema<unknown, ReceiverInfo> = v.pipe(
  v.object({
    receiverId: v.string(),
    settings: shownSettings,
    secretsSet: v.array(v.string()),
    origin: v.optional(v.string()),
  }),
  v.title('Receiver'),
);

/** Fields that say where messages, and the secrets in them, go. */
const destinations: readonly string[] = ['url', 'server', 'authServer', 'host', 'port', 'security'];

/** Whether messages would go elsewhere, or less safely. */
export function goesElsewhere(before: ReceiverSettings, after: ReceiverSettings): boolean {
  const of = (settings: ReceiverSettings, field: string): unknown =>
    (settings as unknown as Readonly<Record<string, unknown>>)[field];
  return destinations.some((field) => of(before, field) !== of(after, field));
}

/** What may be shown, and the secrets that are set, by field. */
export function splitSecrets(settings: ReceiverSettings): {
  readonly shown: ShownSettings;
  readonly secret: Readonly<Record<string, string>>;
} {
  const names: ReadonlySet<string> = new Set(secretsOf(settings.kind));
  const entries = Object.entries(settings) as [string, unknown][];
  return {
    // Without its secret fields: what `ShownSettings` says.
    shown: Object.fromEntries(
      entries.filter(([name]) => !names.has(name)),
    ) as unknown as ShownSettings,
    secret: Object.fromEntries(
      entries.filter(
        (entry): entry is [string, string] => names.has(entry[0]) && typeof entry[1] === 'string',
      ),
    ),
  };
}

import * as v from 'valibot';
import type { Outcome } from '../dispatch/retry.ts';
import type { Notification } from '../dispatch/notification.ts';
import type { Send } from './outgoing.ts';

/** What an integration needs beside its settings. */
export interface SendContext {
  readonly send: Send;
  readonly now: () => number;
  /** Address of the dashboard, for links. */
  readonly hubUrl?: string | undefined;
  /** Certificates to trust for mail, PEM. @default the system's */
  readonly ca?: string | undefined;
}

/** Web Push subscriptions that the push service no longer knows. */
export type SendOutcome = Outcome & { readonly gone?: readonly string[] | undefined };

/** Brings a notification to one channel. Never throws for what the far side does. */
export interface Integration<S> {
  deliver(notification: Notification, settings: S, context: SendContext): Promise<SendOutcome>;
}

/** What a browser's push manager gives. */
export interface PushSubscription {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

interface Settings {
  readonly webhook: {
    readonly kind: 'webhook';
    readonly url: string;
    /** Signs each body. */
    readonly secret?: string | undefined;
    /** Value of the header `Authorization`. */
    readonly authorization?: string | undefined;
    /** JSON with placeholders, in place of our own. */
    readonly template?: string | undefined;
  };
  readonly email: {
    readonly kind: 'email';
    readonly host: string;
    readonly port: number;
    /** `tls`: from the start. `starttls`: required. `none`: neither. */
    readonly security: 'tls' | 'starttls' | 'none';
    readonly user?: string | undefined;
    readonly password?: string | undefined;
    readonly from: string;
    readonly to: readonly string[];
  };
  readonly slack: { readonly kind: 'slack'; readonly url: string };
  readonly discord: { readonly kind: 'discord'; readonly url: string };
  readonly telegram: {
    readonly kind: 'telegram';
    readonly token: string;
    readonly chatId: string;
    /** @default https://api.telegram.org */
    readonly server?: string | undefined;
  };
  readonly teams: { readonly kind: 'teams'; readonly url: string };
  readonly pagerduty: {
    readonly kind: 'pagerduty';
    readonly routingKey: string;
    /** @default https://events.pagerduty.com */
    readonly server?: string | undefined;
  };
  readonly opsgenie: {
    readonly kind: 'opsgenie';
    readonly apiKey: string;
    /** @default https://api.opsgenie.com */
    readonly server?: string | undefined;
  };
  readonly ntfy: {
    readonly kind: 'ntfy';
    readonly topic: string;
    readonly token?: string | undefined;
    /** @default https://ntfy.sh */
    readonly server?: string | undefined;
  };
  readonly gotify: { readonly kind: 'gotify'; readonly server: string; readonly token: string };
  readonly alertmanager: {
    readonly kind: 'alertmanager';
    readonly server: string;
    readonly user?: string | undefined;
    readonly password?: string | undefined;
  };
  readonly 'web-push': {
    readonly kind: 'web-push';
    readonly subscriptions: readonly PushSubscription[];
    /** Mail or web address that the push service can write to. */
    readonly subject: string;
    readonly publicKey: string;
    readonly privateKey: string;
  };
}

export type ReceiverKind = keyof Settings;
export type SettingsOf<K extends ReceiverKind> = Settings[K];
export type ReceiverSettings = Settings[ReceiverKind];

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(2_000));
const address = v.pipe(text, v.regex(/^https?:\/\/\S+$/i, 'must be an http or https address'));
const mail = v.pipe(text, v.email('must be a mail address'));

// Browsers add `expirationTime` and may add more.
const subscription = v.pipe(
  v.object({
    endpoint: v.pipe(text, v.regex(/^https:\/\/\S+$/i, 'must be an https address')),
    keys: v.strictObject({ p256dh: text, auth: text }),
  }),
  v.title('PushSubscription'),
);
export const pushSubscriptionSchema: v.GenericSchema<unknown, PushSubscription> = subscription;

const variants = {
  webhook: v.strictObject({
    kind: v.literal('webhook'),
    url: address,
    secret: v.optional(text),
    authorization: v.optional(text),
    template: v.optional(v.pipe(v.string(), v.maxLength(20_000))),
  }),
  email: v.strictObject({
    kind: v.literal('email'),
    host: text,
    port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
    security: v.picklist(['tls', 'starttls', 'none']),
    user: v.optional(text),
    password: v.optional(text),
    from: mail,
    to: v.pipe(v.array(mail), v.minLength(1), v.maxLength(50)),
  }),
  slack: v.strictObject({ kind: v.literal('slack'), url: address }),
  discord: v.strictObject({ kind: v.literal('discord'), url: address }),
  telegram: v.strictObject({
    kind: v.literal('telegram'),
    token: v.pipe(text, v.regex(/^\d+:[\w-]+$/, 'must be the token of a bot')),
    chatId: text,
    server: v.optional(address),
  }),
  teams: v.strictObject({ kind: v.literal('teams'), url: address }),
  pagerduty: v.strictObject({
    kind: v.literal('pagerduty'),
    routingKey: text,
    server: v.optional(address),
  }),
  opsgenie: v.strictObject({
    kind: v.literal('opsgenie'),
    apiKey: text,
    server: v.optional(address),
  }),
  ntfy: v.strictObject({
    kind: v.literal('ntfy'),
    topic: v.pipe(text, v.regex(/^[\w-]{1,64}$/, 'must be letters, digits, _ and -')),
    token: v.optional(text),
    server: v.optional(address),
  }),
  gotify: v.strictObject({ kind: v.literal('gotify'), server: address, token: text }),
  alertmanager: v.strictObject({
    kind: v.literal('alertmanager'),
    server: address,
    user: v.optional(text),
    password: v.optional(text),
  }),
  'web-push': v.strictObject({
    kind: v.literal('web-push'),
    subscriptions: v.pipe(v.array(subscription), v.maxLength(100)),
    subject: v.pipe(text, v.regex(/^(mailto:|https:\/\/)\S+$/, 'must be mailto: or https:')),
    publicKey: text,
    privateKey: text,
  }),
} as const;

export const receiverKinds: readonly ReceiverKind[] = Object.keys(variants) as ReceiverKind[];

export const receiverSettingsSchema: v.GenericSchema<unknown, ReceiverSettings> = v.variant(
  'kind',
  Object.values(variants),
);

/** Settings that are never shown again once they are set. An address that is a credential is one of them. */
interface Secrets {
  readonly webhook: 'secret' | 'authorization';
  readonly email: 'password';
  readonly slack: 'url';
  readonly discord: 'url';
  readonly telegram: 'token';
  readonly teams: 'url';
  readonly pagerduty: 'routingKey';
  readonly opsgenie: 'apiKey';
  readonly ntfy: 'token';
  readonly gotify: 'token';
  readonly alertmanager: 'password';
  readonly 'web-push': 'privateKey';
}

export const secretFields: { readonly [K in ReceiverKind]: readonly Secrets[K][] } = {
  webhook: ['secret', 'authorization'],
  email: ['password'],
  slack: ['url'],
  discord: ['url'],
  telegram: ['token'],
  teams: ['url'],
  pagerduty: ['routingKey'],
  opsgenie: ['apiKey'],
  ntfy: ['token'],
  gotify: ['token'],
  alertmanager: ['password'],
  'web-push': ['privateKey'],
};

/** Browsers subscribe by themselves: nobody sets them up by name. */
type NamedKind = Exclude<ReceiverKind, 'web-push'>;

/** Settings as they are shown and stored in the clear. */
export type ShownSettings = { [K in NamedKind]: Omit<Settings[K], Secrets[K]> }[NamedKind];

/** Settings as a person gives them: a secret that is left out stays as it is. */
export type ReceiverInput = {
  [K in NamedKind]: Omit<Settings[K], Secrets[K]> &
    Partial<Pick<Settings[K], Secrets[K] & keyof Settings[K]>>;
}[NamedKind];

/** A receiver as it is shown: which secrets are set, not what they are. */
export interface ReceiverInfo {
  readonly receiverId: string;
  readonly settings: ShownSettings;
  readonly secretsSet: readonly string[];
}

type Variant = v.StrictObjectSchema<
  v.ObjectEntries & { readonly kind: v.GenericSchema },
  undefined
>;

/** The settings of each kind that has a name, with another form of its secret fields. */
function variantsWith(
  change: (variant: Variant, secret: [string, ...string[]]) => Variant,
): Variant[] {
  return Object.entries(variants).flatMap(([kind, variant]) =>
    kind === 'web-push'
      ? []
      : [
          change(
            variant as unknown as Variant,
            [...secretFields[kind as NamedKind]] as [string, ...string[]],
          ),
        ],
  );
}

// The compiler cannot follow a change of every variant; the types above say what comes out.
const shownSettings = v.variant(
  'kind',
  variantsWith((variant, secret) => v.omit(variant, secret) as Variant),
) as unknown as v.GenericSchema<unknown, ShownSettings>;

export const receiverInputSchema: v.GenericSchema<unknown, ReceiverInput> = v.pipe(
  v.variant(
    'kind',
    variantsWith((variant, secret) => v.partial(variant, secret) as Variant),
  ) as unknown as v.GenericSchema<unknown, ReceiverInput>,
  v.title('ReceiverInput'),
);

export const receiverInfoSchema: v.GenericSchema<unknown, ReceiverInfo> = v.pipe(
  v.object({
    receiverId: v.string(),
    settings: shownSettings,
    secretsSet: v.array(v.string()),
  }),
  v.title('Receiver'),
);

/** What may be shown, and the secrets that are set, by field. */
export function splitSecrets(settings: ReceiverSettings): {
  readonly shown: ShownSettings;
  readonly secret: Readonly<Record<string, string>>;
} {
  const names: ReadonlySet<string> = new Set(secretFields[settings.kind]);
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

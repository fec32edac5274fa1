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
const subscription = v.object({
  endpoint: v.pipe(text, v.regex(/^https:\/\/\S+$/i, 'must be an https address')),
  keys: v.strictObject({ p256dh: text, auth: text }),
});
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
export const secretFields: Readonly<Record<ReceiverKind, readonly string[]>> = {
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

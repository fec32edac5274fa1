import * as v from 'valibot';
import { text, type SettingsOf } from '../fields.ts';

/** What a browser's push manager gives. */
export interface PushSubscription {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
}

// Browsers add `expirationTime` and may add more.
export const pushSubscriptionSchema: v.GenericSchema<unknown, PushSubscription> = v.pipe(
  v.object({
    endpoint: v.pipe(text, v.regex(/^https:\/\/\S+$/i, 'must be an https address')),
    keys: v.strictObject({ p256dh: text, auth: text }),
  }),
  v.title('PushSubscription'),
);

export interface WebPushSettings {
  readonly kind: 'web-push';
  readonly subscriptions: readonly PushSubscription[];
  /** Mail or web address that the push service can write to. */
  readonly subject: string;
  readonly publicKey: string;
  readonly privateKey: string;
}

export const webPushSettings: SettingsOf<WebPushSettings, 'privateKey'> = {
  schema: v.strictObject({
    kind: v.literal('web-push'),
    subscriptions: v.pipe(v.array(pushSubscriptionSchema), v.maxLength(100)),
    subject: v.pipe(text, v.regex(/^(mailto:|https:\/\/)\S+$/, 'must be mailto: or https:')),
    publicKey: text,
    privateKey: text,
  }),
  secrets: ['privateKey'],
};

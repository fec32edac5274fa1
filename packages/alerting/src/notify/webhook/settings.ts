import * as v from 'valibot';
import { httpUrl, text, type SettingsOf } from '../fields.ts';

export interface WebhookSettings {
  readonly kind: 'webhook';
  readonly url: string;
  /** Signs each body. */
  readonly secret?: string | undefined;
  /** Value of the header `Authorization`. */
  readonly authorization?: string | undefined;
  /** JSON with placeholders, in place of our own. */
  readonly template?: string | undefined;
}

export const webhookSettings: SettingsOf<WebhookSettings, 'url' | 'secret' | 'authorization'> = {
  schema: v.strictObject({
    kind: v.literal('webhook'),
    url: httpUrl,
    secret: v.optional(text),
    authorization: v.optional(text),
    template: v.optional(v.pipe(v.string(), v.maxLength(20_000))),
  }),
  // Most services put a token into the address.
  secrets: ['url', 'secret', 'authorization'],
};

import * as v from 'valibot';
import { serverUrl, text, type SettingsOf } from '../fields.ts';

export interface PushoverSettings {
  readonly kind: 'pushover';
  /** Of the application. */
  readonly token: string;
  /** Of a user or a group. */
  readonly userKey: string;
  /** @default https://api.pushover.net */
  readonly server?: string | undefined;
}

export const pushoverSettings: SettingsOf<PushoverSettings, 'token' | 'userKey'> = {
  schema: v.strictObject({
    kind: v.literal('pushover'),
    token: text,
    userKey: text,
    server: v.optional(serverUrl),
  }),
  secrets: ['token', 'userKey'],
};

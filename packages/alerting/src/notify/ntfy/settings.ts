import * as v from 'valibot';
import { serverUrl, text, type SettingsOf } from '../fields.ts';

export interface NtfySettings {
  readonly kind: 'ntfy';
  readonly topic: string;
  readonly token?: string | undefined;
  /** @default https://ntfy.sh */
  readonly server?: string | undefined;
}

export const ntfySettings: SettingsOf<NtfySettings, 'token'> = {
  schema: v.strictObject({
    kind: v.literal('ntfy'),
    topic: v.pipe(text, v.regex(/^[\w-]{1,64}$/, 'must be letters, digits, _ and -')),
    token: v.optional(text),
    server: v.optional(serverUrl),
  }),
  secrets: ['token'],
};

import * as v from 'valibot';
import { serverUrl, text, type SettingsOf } from '../fields.ts';

export interface TelegramSettings {
  readonly kind: 'telegram';
  readonly token: string;
  readonly chatId: string;
  /** @default https://api.telegram.org */
  readonly server?: string | undefined;
}

export const telegramSettings: SettingsOf<TelegramSettings, 'token'> = {
  schema: v.strictObject({
    kind: v.literal('telegram'),
    token: v.pipe(text, v.regex(/^\d+:[\w-]+$/, 'must be the token of a bot')),
    chatId: text,
    server: v.optional(serverUrl),
  }),
  secrets: ['token'],
};

import * as v from 'valibot';
import { httpUrl, type SettingsOf } from '../fields.ts';

export interface GoogleChatSettings {
  readonly kind: 'google-chat';
  readonly url: string;
}

export const googleChatSettings: SettingsOf<GoogleChatSettings, 'url'> = {
  schema: v.strictObject({
    kind: v.literal('google-chat'),
    url: httpUrl,
  }),
  secrets: ['url'],
};

import * as v from 'valibot';
import { serverUrl, text, type SettingsOf } from '../fields.ts';

export interface KakaoWorkSettings {
  readonly kind: 'kakaowork';
  /** Of the bot. */
  readonly appKey: string;
  readonly conversationId: string;
  /** @default https://api.kakaowork.com */
  readonly server?: string | undefined;
}

export const kakaoworkSettings: SettingsOf<KakaoWorkSettings, 'appKey'> = {
  schema: v.strictObject({
    kind: v.literal('kakaowork'),
    appKey: text,
    conversationId: text,
    server: v.optional(serverUrl),
  }),
  secrets: ['appKey'],
};

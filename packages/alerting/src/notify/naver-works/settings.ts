import * as v from 'valibot';
import { privateKey, serverUrl, text, type SettingsOf } from '../fields.ts';

export interface NaverWorksSettings {
  readonly kind: 'naver-works';
  /** Of the app. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** Id of the service account of the app. */
  readonly serviceAccount: string;
  /** Of the service account, PEM. */
  readonly privateKey: string;
  readonly botId: string;
  /** Of a message room that the bot is in. */
  readonly channelId: string;
  /** @default https://auth.worksmobile.com */
  readonly authServer?: string | undefined;
  /** @default https://www.worksapis.com */
  readonly server?: string | undefined;
}

export const naverWorksSettings: SettingsOf<NaverWorksSettings, 'clientSecret' | 'privateKey'> = {
  schema: v.strictObject({
    kind: v.literal('naver-works'),
    clientId: text,
    clientSecret: text,
    serviceAccount: text,
    privateKey: privateKey,
    botId: text,
    channelId: text,
    authServer: v.optional(serverUrl),
    server: v.optional(serverUrl),
  }),
  secrets: ['clientSecret', 'privateKey'],
};

import * as v from 'valibot';
import { serverUrl, text, type SettingsOf } from '../fields.ts';

export interface GotifySettings {
  readonly kind: 'gotify';
  readonly server: string;
  readonly token: string;
}

export const gotifySettings: SettingsOf<GotifySettings, 'token'> = {
  schema: v.strictObject({
    kind: v.literal('gotify'),
    server: serverUrl,
    token: text,
  }),
  secrets: ['token'],
};

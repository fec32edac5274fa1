import * as v from 'valibot';
import { serverUrl, text, type SettingsOf } from '../fields.ts';

export interface AlertmanagerSettings {
  readonly kind: 'alertmanager';
  readonly server: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

export const alertmanagerSettings: SettingsOf<AlertmanagerSettings, 'password'> = {
  schema: v.strictObject({
    kind: v.literal('alertmanager'),
    server: serverUrl,
    user: v.optional(text),
    password: v.optional(text),
  }),
  secrets: ['password'],
};

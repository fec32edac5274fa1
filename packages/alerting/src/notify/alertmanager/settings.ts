import * as v from 'valibot';
import { serverUrl, text, type SettingsOf } from '../fields.ts';

export interface AlertmanagerSettings {
  readonly kind: 'alertmanager';
  readonly server: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Whether an alert `watchdog` always fires there, and ends when the hub is gone. @default on */
  readonly watchdog?: 'on' | 'off' | undefined;
}

export const alertmanagerSettings: SettingsOf<AlertmanagerSettings, 'password'> = {
  schema: v.strictObject({
    kind: v.literal('alertmanager'),
    server: serverUrl,
    user: v.optional(text),
    password: v.optional(text),
    watchdog: v.optional(v.picklist(['on', 'off'])),
  }),
  secrets: ['password'],
};

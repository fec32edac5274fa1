import * as v from 'valibot';
import { serverUrl, text, type SettingsOf } from '../fields.ts';

export interface OpsgenieSettings {
  readonly kind: 'opsgenie';
  readonly apiKey: string;
  /** @default https://api.opsgenie.com */
  readonly server?: string | undefined;
}

export const opsgenieSettings: SettingsOf<OpsgenieSettings, 'apiKey'> = {
  schema: v.strictObject({
    kind: v.literal('opsgenie'),
    apiKey: text,
    server: v.optional(serverUrl),
  }),
  secrets: ['apiKey'],
};

import * as v from 'valibot';
import { serverUrl, text, type SettingsOf } from '../fields.ts';

export interface PagerDutySettings {
  readonly kind: 'pagerduty';
  readonly routingKey: string;
  /** @default https://events.pagerduty.com */
  readonly server?: string | undefined;
}

export const pagerdutySettings: SettingsOf<PagerDutySettings, 'routingKey'> = {
  schema: v.strictObject({
    kind: v.literal('pagerduty'),
    routingKey: text,
    server: v.optional(serverUrl),
  }),
  secrets: ['routingKey'],
};

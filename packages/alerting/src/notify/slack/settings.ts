import * as v from 'valibot';
import { httpUrl, type SettingsOf } from '../fields.ts';

export interface SlackSettings {
  readonly kind: 'slack';
  readonly url: string;
}

export const slackSettings: SettingsOf<SlackSettings, 'url'> = {
  schema: v.strictObject({
    kind: v.literal('slack'),
    url: httpUrl,
  }),
  secrets: ['url'],
};

import * as v from 'valibot';
import { httpUrl, type SettingsOf } from '../fields.ts';

export interface MattermostSettings {
  readonly kind: 'mattermost';
  readonly url: string;
}

export const mattermostSettings: SettingsOf<MattermostSettings, 'url'> = {
  schema: v.strictObject({
    kind: v.literal('mattermost'),
    url: httpUrl,
  }),
  secrets: ['url'],
};

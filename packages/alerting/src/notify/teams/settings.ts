import * as v from 'valibot';
import { httpUrl, type SettingsOf } from '../fields.ts';

export interface TeamsSettings {
  readonly kind: 'teams';
  readonly url: string;
}

export const teamsSettings: SettingsOf<TeamsSettings, 'url'> = {
  schema: v.strictObject({
    kind: v.literal('teams'),
    url: httpUrl,
  }),
  secrets: ['url'],
};

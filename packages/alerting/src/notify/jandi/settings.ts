import * as v from 'valibot';
import { httpUrl, type SettingsOf } from '../fields.ts';

export interface JandiSettings {
  readonly kind: 'jandi';
  readonly url: string;
}

export const jandiSettings: SettingsOf<JandiSettings, 'url'> = {
  schema: v.strictObject({
    kind: v.literal('jandi'),
    url: httpUrl,
  }),
  secrets: ['url'],
};

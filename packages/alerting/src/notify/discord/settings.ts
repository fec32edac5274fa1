import * as v from 'valibot';
import { httpUrl, type SettingsOf } from '../fields.ts';

export interface DiscordSettings {
  readonly kind: 'discord';
  readonly url: string;
}

export const discordSettings: SettingsOf<DiscordSettings, 'url'> = {
  schema: v.strictObject({
    kind: v.literal('discord'),
    url: httpUrl,
  }),
  secrets: ['url'],
};

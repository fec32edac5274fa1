import * as v from 'valibot';
import { httpUrl, type SettingsOf } from '../fields.ts';

/** A service that raises the alarm when it hears nothing, such as healthchecks: it is asked each minute, of no alert. */
export interface HeartbeatSettings {
  readonly kind: 'heartbeat';
  readonly url: string;
  /** @default GET */
  readonly method?: 'GET' | 'POST' | undefined;
}

export const heartbeatSettings: SettingsOf<HeartbeatSettings, 'url'> = {
  schema: v.strictObject({
    kind: v.literal('heartbeat'),
    url: httpUrl,
    method: v.optional(v.picklist(['GET', 'POST'])),
  }),
  // Whoever knows the address can say that we live.
  secrets: ['url'],
};

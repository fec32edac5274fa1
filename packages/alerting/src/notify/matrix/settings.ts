import * as v from 'valibot';
import { serverUrl, text, type SettingsOf } from '../fields.ts';

export interface MatrixSettings {
  readonly kind: 'matrix';
  /** The home server. */
  readonly server: string;
  /** Access token of the account that writes. */
  readonly token: string;
  /** Id of the room, such as !abc:example.org. */
  readonly room: string;
}

export const matrixSettings: SettingsOf<MatrixSettings, 'token'> = {
  schema: v.strictObject({
    kind: v.literal('matrix'),
    server: serverUrl,
    token: text,
    room: text,
  }),
  secrets: ['token'],
};

import * as v from 'valibot';
import { mailAddress, text, type SettingsOf } from '../fields.ts';

export interface EmailSettings {
  readonly kind: 'email';
  readonly host: string;
  readonly port: number;
  /** `tls`: from the start. `starttls`: required. `none`: neither. */
  readonly security: 'tls' | 'starttls' | 'none';
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly from: string;
  readonly to: readonly string[];
}

export const emailSettings: SettingsOf<EmailSettings, 'password'> = {
  schema: v.strictObject({
    kind: v.literal('email'),
    host: text,
    port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
    security: v.picklist(['tls', 'starttls', 'none']),
    user: v.optional(text),
    password: v.optional(text),
    from: mailAddress,
    to: v.pipe(v.array(mailAddress), v.minLength(1), v.maxLength(50)),
  }),
  secrets: ['password'],
};

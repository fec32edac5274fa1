import * as v from 'valibot';

/** Schemas that settings of several receivers share. Without Node, so that forms can use the settings' types. */
export const text: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(2_000),
);
export const httpUrl: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(2_000),
  v.regex(/^https?:\/\/\S+$/i, 'must be an http or https address'),
);
/** A server to which our own paths are added. What is secret of it has fields of its own. */
export const serverUrl: v.GenericSchema<unknown, string> = v.pipe(
  httpUrl,
  v.regex(/^[^?#@]*$/, 'must be an address without a name, password or query'),
);
export const mailAddress: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(2_000),
  v.email('must be a mail address'),
);

/** PEM; of several lines. */
export const privateKey: v.GenericSchema<unknown, string> = v.pipe(
  v.string(),
  v.maxLength(8_000),
  v.regex(/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'must be a private key, PEM'),
);

/** The settings of one kind of receiver. `Secret` are the fields that are never shown again once they are set. */
export interface SettingsOf<S, Secret extends keyof S & string> {
  /** A strict object whose `kind` is a literal. */
  readonly schema: v.GenericSchema<unknown, S>;
  /** An address that is a credential is one of them. */
  readonly secrets: readonly Secret[];
}

import * as v from 'valibot';
import { httpUrl, text, type SettingsOf } from '../fields.ts';
import { templateFault } from './template.ts';

export interface WebhookSettings {
  readonly kind: 'webhook';
  readonly url: string;
  /** Signs each body. */
  readonly secret?: string | undefined;
  /** Value of the header `Authorization`. */
  readonly authorization?: string | undefined;
  /** @default POST */
  readonly method?: (typeof webhookMethods)[number] | undefined;
  /** More headers, `Name: value` a line; services take their keys in them. */
  readonly headers?: string | undefined;
  /** JSON with placeholders, in place of our own. */
  readonly template?: string | undefined;
}

const webhookMethods = ['POST', 'PUT', 'PATCH'] as const;
/** What is about the connection and the length, and what has a field of its own. */
const OWN_HEADERS =
  /^(host|connection|content-length|transfer-encoding|te|upgrade|expect|trailer|authorization)$/i;

/** The first line that is no header; undefined when there is none. */
function wrongHeader(lines: string): string | undefined {
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .find((line) => {
      const [, name = ''] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*:[\t\x20-\x7e]*$/.exec(line) ?? [];
      return name === '' || OWN_HEADERS.test(name);
    });
}

export const webhookSettings: SettingsOf<
  WebhookSettings,
  'url' | 'secret' | 'authorization' | 'headers'
> = {
  schema: v.strictObject({
    kind: v.literal('webhook'),
    url: httpUrl,
    secret: v.optional(text),
    authorization: v.optional(text),
    method: v.optional(v.picklist(webhookMethods)),
    headers: v.optional(
      v.pipe(
        v.string(),
        v.maxLength(4_000),
        v.check(
          (lines) => wrongHeader(lines) === undefined,
          'must be one header a line, as "Name: value"; those of the connection and Authorization are not among them',
        ),
      ),
    ),
    template: v.optional(
      v.pipe(
        v.string(),
        v.maxLength(20_000),
        v.rawCheck(({ dataset, addIssue }) => {
          if (!dataset.typed || dataset.value === '') return;
          const message = templateFault(dataset.value);
          if (message !== undefined) addIssue({ message });
        }),
      ),
    ),
  }),
  // Most services put a token into the address.
  secrets: ['url', 'secret', 'authorization', 'headers'],
};

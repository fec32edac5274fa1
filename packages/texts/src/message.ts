/**
 * Messages in the part of ICU MessageFormat that ours use: `{name}`, and
 * `{count, plural, =0 {none} one {# host} other {# hosts}}`, which may stand inside one another. There is no
 * quoting. A test holds it against a whole implementation for every message of the catalogues.
 */
export type MessageValues = Readonly<Record<string, string | number>>;

const pluralRules = new Map<string, Intl.PluralRules>();
const numbers = new Map<string, Intl.NumberFormat>();

/** The message with its values; a value that is missing leaves nothing. */
export function formatMessage(
  language: string,
  message: string,
  values: MessageValues = {},
): string {
  return message.includes('{') ? fill(language, message, values) : message;
}

/** `count` is what `#` stands for, inside of a plural. */
function fill(language: string, message: string, values: MessageValues, count?: number): string {
  let text = '';
  for (let at = 0; at < message.length; at++) {
    const sign = message[at] as string;
    if (sign === '{') {
      const end = closing(message, at);
      text += argument(language, message.slice(at + 1, end), values);
      at = end;
    } else text += sign === '#' && count !== undefined ? number(language, count) : sign;
  }
  return text;
}

function argument(language: string, inner: string, values: MessageValues): string {
  const [, name = '', options] = /^\s*(\w+)\s*(?:,\s*plural\s*,(.*))?$/s.exec(inner) ?? [];
  const value = values[name];
  if (options === undefined) return value === undefined ? '' : String(value);
  const count = Number(value);
  const choices = choicesOf(options);
  const chosen =
    choices.get(`=${count}`) ?? choices.get(pluralOf(language, count)) ?? choices.get('other');
  return fill(language, chosen ?? '', values, count);
}

function choicesOf(options: string): ReadonlyMap<string, string> {
  const choices = new Map<string, string>();
  let rest = options;
  for (let open = rest.indexOf('{'); open >= 0; open = rest.indexOf('{')) {
    const end = closing(rest, open);
    choices.set(rest.slice(0, open).trim(), rest.slice(open + 1, end));
    rest = rest.slice(end + 1);
  }
  return choices;
}

/** Place of the brace that closes the one at `open`; the end where none does. */
function closing(message: string, open: number): number {
  let depth = 0;
  for (let at = open; at < message.length; at++) {
    if (message[at] === '{') depth++;
    else if (message[at] === '}' && --depth === 0) return at;
  }
  return message.length;
}

function pluralOf(language: string, count: number): string {
  let rules = pluralRules.get(language);
  if (!rules) pluralRules.set(language, (rules = new Intl.PluralRules(language)));
  return rules.select(count);
}

function number(language: string, value: number): string {
  let format = numbers.get(language);
  if (!format) numbers.set(language, (format = new Intl.NumberFormat(language)));
  return format.format(value);
}

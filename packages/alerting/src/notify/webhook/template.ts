/**
 * JSON with placeholders such as `{{title}}`. Within quotes a placeholder stands for the letters of its value; outside of
 * them for the value as JSON: text with its quotes, a number, or the alerts as a list.
 */
export type TemplateValues = Readonly<Record<string, string | number | readonly unknown[]>>;

export const templateNames = [
  'title',
  'text',
  'status',
  'severity',
  'reason',
  'key',
  'groupId',
  'target',
  'host',
  'rule',
  'url',
  'count',
  'alerts',
] as const;

const PLACEHOLDER = /\{\{\s*(\w+)\s*\}\}/y;

export function fillJson(template: string, values: TemplateValues): string {
  let filled = '';
  let isQuoted = false;
  for (let at = 0; at < template.length;) {
    PLACEHOLDER.lastIndex = at;
    const [whole, name = ''] = PLACEHOLDER.exec(template) ?? [];
    if (whole !== undefined) {
      const value = Object.hasOwn(values, name) ? (values[name] ?? '') : '';
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
      filled += isQuoted ? JSON.stringify(text).slice(1, -1) : JSON.stringify(value);
      at += whole.length;
      continue;
    }
    const letter = template[at] as string;
    if (isQuoted && letter === '\\') {
      filled += template.slice(at, at + 2);
      at += 2;
      continue;
    }
    if (letter === '"') isQuoted = !isQuoted;
    filled += letter;
    at++;
  }
  return filled;
}

/** What of the values is hard: a template has to be JSON with them, too. */
const sample: TemplateValues = Object.fromEntries(
  templateNames.map((name) => [
    name,
    name === 'count' ? 2 : name === 'alerts' ? [{ id: 'a' }] : `"${name}"\n\\ {{key}}`,
  ]),
);

/** What is wrong with a template; undefined when nothing is. */
export function templateFault(template: string): string | undefined {
  for (const [, name = ''] of template.matchAll(/\{\{\s*(\w+)\s*\}\}/g))
    if (!(templateNames as readonly string[]).includes(name))
      return `has no placeholder {{${name}}}; there are ${templateNames.join(', ')}`;
  try {
    JSON.parse(fillJson(template, sample));
    return undefined;
  } catch (error) {
    return `is not JSON once its placeholders are filled in: ${error instanceof Error ? error.message : String(error)}`;
  }
}

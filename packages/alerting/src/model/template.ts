/** Placeholders in a sentence, without logic: `{{host}}`, `{{attributes.system.device}}`, `{{labels.team}}`. */

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

export const placeholders = [
  'target',
  'targetId',
  'kind',
  'host',
  'hostId',
  'rule',
  'metric',
  'series',
  'severity',
  'state',
  'value',
  'threshold',
  'clear',
] as const;
export type Placeholder = (typeof placeholders)[number];

export interface TemplateValues extends Readonly<Record<Placeholder, string>> {
  readonly attributes: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** The first placeholder that nothing stands for; undefined when all are known. */
export function checkTemplate(template: string): string | undefined {
  for (const [, name = ''] of template.matchAll(PLACEHOLDER))
    if (
      !(placeholders as readonly string[]).includes(name) &&
      !/^(attributes|labels)\.[\w.]+$/.test(name)
    )
      return name;
  return undefined;
}

/** Text from outside is put in once and never looked at for placeholders again. */
export function fillTemplate(template: string, values: TemplateValues): string {
  return template.replace(PLACEHOLDER, (_, name: string) => {
    for (const group of ['attributes', 'labels'] as const)
      if (name.startsWith(`${group}.`)) return own(values[group], name.slice(group.length + 1));
    return own(values as unknown as Record<string, string>, name);
  });
}

function own(values: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(values, name) ? (values[name] as string) : '';
}

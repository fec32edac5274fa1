/** label_replace and label_join. */
import { patternOf } from './parse.ts';
import { PromqlError } from './promql-error.ts';
import type { Labels } from '@openmanager/store/contract';
import type { Series } from './samples.ts';

const LABEL = /^[a-zA-Z_]\w*$/;

function checked(name: string, of: string): string {
  if (!LABEL.test(name))
    throw new PromqlError('execution', `invalid destination label name in ${of}(): ${name}`);
  return name;
}

function changed(labels: Labels, name: string, value: string): Labels {
  const next = new Map(labels);
  if (value === '') next.delete(name);
  else next.set(name, value);
  return next;
}

export function labelReplace(
  series: readonly Series[],
  to: string,
  replacement: string,
  from: string,
  pattern: string,
): Series[] {
  const name = checked(to, 'label_replace');
  const test = patternOf(pattern);
  return series.map((one) => {
    const match = test.exec(one.labels.get(from) ?? '');
    if (!match) return one;
    return { ...one, labels: changed(one.labels, name, expanded(replacement, match)) };
  });
}

/** `$1`, `${1}`, `$name` and `$$`, as Go's regexp.Expand reads them: the longest name counts, unknown ones are empty. */
function expanded(template: string, match: RegExpExecArray): string {
  return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, plain?: string, braced?: string) => {
    const name = plain ?? braced;
    if (name === undefined) return whole === '$$' ? '$' : whole;
    return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? '';
  });
}

export function labelJoin(
  series: readonly Series[],
  to: string,
  separator: string,
  from: readonly string[],
): Series[] {
  const name = checked(to, 'label_join');
  return series.map((one) => {
    const value = from.map((label) => one.labels.get(label) ?? '').join(separator);
    return { ...one, labels: changed(one.labels, name, value) };
  });
}

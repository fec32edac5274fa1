/** label_replace and label_join. */
import type { Budget } from './budget.ts';
import { type Pattern, patternOf } from './pattern.ts';
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
  budget: Budget,
): Series[] {
  const name = checked(to, 'label_replace');
  const test = patternFor(pattern);
  const expand = expansionOf(replacement);
  return series.map((one) => {
    const groups = test.groups(one.labels.get(from) ?? '');
    if (!groups) return one;
    const parts = expand(groups);
    budget.label(lengthOf(parts));
    return { ...one, labels: changed(one.labels, name, parts.join('')) };
  });
}

/** It is known only when the query runs. */
function patternFor(pattern: string): Pattern {
  try {
    return patternOf(pattern);
  } catch (error) {
    throw error instanceof PromqlError
      ? new PromqlError('execution', `invalid regular expression in label_replace(): ${pattern}`)
      : error;
  }
}

/** Counted before the text is made: it may be long. */
function lengthOf(parts: readonly string[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** `$1`, `${1}`, `$name` and `$$`, as Go's regexp.Expand reads them: the longest name counts, unknown ones are empty. */
function expansionOf(template: string): (groups: ReadonlyMap<string, string>) => string[] {
  const parts = template.split(/(\$(?:\$|\w+|\{\w+\}))/);
  return (groups) =>
    parts.map((part, place) => {
      if (place % 2 === 0) return part;
      if (part === '$$') return '$';
      const name = part.replaceAll(/[${}]/g, '');
      return groups.get(/^\d+$/.test(name) ? String(Number(name)) : name) ?? '';
    });
}

export function labelJoin(
  series: readonly Series[],
  to: string,
  separator: string,
  from: readonly string[],
  budget: Budget,
): Series[] {
  const name = checked(to, 'label_join');
  return series.map((one) => {
    const values = from.map((label) => one.labels.get(label) ?? '');
    budget.label(lengthOf(values) + separator.length * values.length);
    return { ...one, labels: changed(one.labels, name, values.join(separator)) };
  });
}

import * as v from 'valibot';
import { fits } from '../model/selection.ts';
import type { Labels } from './labels.ts';

export const matcherOperators = ['=', '!=', '~', '!~'] as const;
export type MatcherOperator = (typeof matcherOperators)[number];

/**
 * One demand on the labels of an alert. `~`: the value fits one of the patterns, which `|` parts and in which `*`
 * stands for any text. No regular expressions: they can take exponential time. A label that is missing is empty.
 */
export interface Matcher {
  readonly name: string;
  readonly op: MatcherOperator;
  readonly value: string;
}

const TEXT = 1_000;

export const matcherSchema: v.GenericSchema<unknown, Matcher> = v.pipe(
  v.strictObject({
    name: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
    op: v.picklist(matcherOperators),
    value: v.pipe(v.string(), v.maxLength(TEXT)),
  }),
  v.title('Matcher'),
);

export const matchersSchema: v.GenericSchema<unknown, readonly Matcher[]> = v.pipe(
  v.array(matcherSchema),
  v.maxLength(32),
);

export function matches(matcher: Matcher, labels: Labels): boolean {
  const text = Object.hasOwn(labels, matcher.name) ? (labels[matcher.name] as string) : '';
  const negated = matcher.op.startsWith('!');
  const holds = matcher.op.endsWith('~')
    ? matcher.value.split('|').some((pattern) => fits(pattern, text))
    : text === matcher.value;
  return holds !== negated;
}

export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matches(matcher, labels));
}

/** Demands on labels: one language for rules, routes, silences, inhibition and rights. */
import * as v from 'valibot';
import { limits } from '../limits.ts';
import { fits } from './pattern.ts';
import type { Labels } from './labels.ts';

export const matcherOperators = ['=', '!=', '~', '!~'] as const;
export type MatcherOperator = (typeof matcherOperators)[number];

/**
 * One demand. `=`: the value is this; a label that is missing counts as empty. `~`: the value fits one of the patterns,
 * which `|` separates and in which `*` stands for any text; a label that is missing fits the empty pattern only, so
 * that `~ *` asks whether the label is there. `!` negates. No regular expressions: they can take exponential time.
 */
export interface Matcher {
  readonly name: string;
  readonly op: MatcherOperator;
  readonly value: string;
}

export const matcherSchema: v.GenericSchema<unknown, Matcher> = v.pipe(
  v.strictObject({
    name: v.pipe(v.string(), v.minLength(1), v.maxLength(limits.nameLength)),
    op: v.picklist(matcherOperators),
    value: v.pipe(v.string(), v.maxLength(limits.matcherLength)),
  }),
  v.title('Matcher'),
);

export const matchersSchema: v.GenericSchema<unknown, readonly Matcher[]> = v.pipe(
  v.array(matcherSchema),
  v.maxLength(limits.matchers),
);

export function matches({ name, op, value }: Matcher, labels: Labels): boolean {
  const text = Object.hasOwn(labels, name) ? labels[name] : undefined;
  const holds = op.endsWith('~')
    ? value
        .split('|')
        .some((pattern) => (text === undefined ? pattern === '' : fits(pattern, text)))
    : (text ?? '') === value;
  return holds !== op.startsWith('!');
}

export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matches(matcher, labels));
}

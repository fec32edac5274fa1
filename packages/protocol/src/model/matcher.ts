/** Demands on labels: one language for rules, routes, silences, inhibition and rights. */
import * as v from 'valibot';
import { limits } from '../limits.ts';
import { compilePattern } from './pattern.ts';
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
    value: v.pipe(
      v.string(),
      v.maxLength(limits.matcherLength),
      v.check(
        (value) => starsIn(value) <= limits.matcherStars,
        `has more than ${limits.matcherStars} *`,
      ),
    ),
  }),
  v.title('Matcher'),
);

export const matchersSchema: v.GenericSchema<unknown, readonly Matcher[]> = v.pipe(
  v.array(matcherSchema),
  v.maxLength(limits.matchers),
);

type Compiled = (text: string | undefined) => boolean;

/** Matchers are made once and asked of every alert: what their patterns come to is kept with them. */
const compiled = new WeakMap<Matcher, Compiled>();

export function matches(matcher: Matcher, labels: Labels): boolean {
  const { name, op, value } = matcher;
  const text = Object.hasOwn(labels, name) ? labels[name] : undefined;
  const holds = op.endsWith('~') ? compiledOf(matcher)(text) : (text ?? '') === value;
  return holds !== op.startsWith('!');
}

function compiledOf(matcher: Matcher): Compiled {
  let known = compiled.get(matcher);
  if (known === undefined) {
    known = compile(matcher.value);
    compiled.set(matcher, known);
  }
  return known;
}

function compile(value: string): Compiled {
  const all = value.split('|');
  // Names without a star, of which lists may have many, are looked up.
  const names = new Set(all.filter((pattern) => !pattern.includes('*')));
  const patterns = all.filter((pattern) => pattern.includes('*')).map(compilePattern);
  return (text) =>
    text === undefined
      ? names.has('')
      : names.has(text) || patterns.some((fitsPattern) => fitsPattern(text));
}

function starsIn(value: string): number {
  return value.split('*').length - 1;
}

export function matchesAll(matchers: readonly Matcher[], labels: Labels): boolean {
  return matchers.every((matcher) => matches(matcher, labels));
}

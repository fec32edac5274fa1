import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { limits } from '../limits.ts';
import { matcherOperators, matches, matchersSchema, matchesAll, type Matcher } from './matcher.ts';

/** Few letters and names, so that they meet. */
const name = fc.constantFrom('team', 'zone', 'constructor');
const word = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 4 });
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '|'), maxLength: 6 });
const anyMatcher: fc.Arbitrary<Matcher> = fc.record({
  name,
  op: fc.constantFrom(...matcherOperators),
  value: pattern,
});
const anyLabels = fc.dictionary(name, word);

/** The same by regular expressions, which may take exponential time. */
function expected({ name, op, value }: Matcher, labels: Readonly<Record<string, string>>): boolean {
  const isThere = Object.hasOwn(labels, name);
  const text = isThere ? (labels[name] as string) : '';
  const source = value
    .split('|')
    .map((pattern) => pattern.replaceAll('.', '\\.').replaceAll('*', isThere ? '.*' : '(?!)'))
    .join('|');
  const holds = op.endsWith('~') ? new RegExp(`^(?:${source})$`, 's').test(text) : text === value;
  return op.startsWith('!') ? !holds : holds;
}

test('a matcher holds as the regular expression that it stands for would', () => {
  fc.assert(
    fc.property(anyMatcher, anyLabels, (matcher, labels) => {
      expect(matches(matcher, labels)).toBe(expected(matcher, labels));
    }),
    { numRuns: 3000 },
  );
});

test('a matcher and its negation never agree; all means each', () => {
  fc.assert(
    fc.property(fc.array(anyMatcher, { maxLength: 4 }), anyLabels, (matchers, labels) => {
      for (const { name, op, value } of matchers) {
        const other = (op.startsWith('!') ? op.slice(1) : `!${op}`) as Matcher['op'];
        expect(matches({ name, op: other, value }, labels)).toBe(
          !matches({ name, op, value }, labels),
        );
      }
      expect(matchesAll(matchers, labels)).toBe(!matchers.some((one) => !matches(one, labels)));
    }),
  );
});

test('names of what every object has are labels as any other', () => {
  const constructor: Matcher = { name: 'constructor', op: '~', value: '*' };
  expect(matches(constructor, {})).toBe(false);
  expect(matches({ ...constructor, name: '__proto__' }, {})).toBe(false);
});

test('bounds are reached', () => {
  const many = (length: number): readonly Matcher[] =>
    Array.from({ length }, () => ({ name: 'a', op: '=', value: 'b' }));
  const valid = (matchers: readonly unknown[]): boolean =>
    v.safeParse(matchersSchema, matchers).success;
  expect(valid(many(limits.matchers))).toBe(true);
  expect(valid(many(limits.matchers + 1))).toBe(false);
  const named = (name: string, value = ''): Matcher => ({ name, op: '=', value });
  expect(valid([named('x'.repeat(limits.nameLength), 'x'.repeat(limits.matcherLength))])).toBe(
    true,
  );
  expect(valid([named('x'.repeat(limits.nameLength + 1))])).toBe(false);
  expect(valid([named('x', 'x'.repeat(limits.matcherLength + 1))])).toBe(false);
  expect(valid([named('')])).toBe(false);
  expect(valid([{ ...named('x'), op: '=~' }])).toBe(false);
});

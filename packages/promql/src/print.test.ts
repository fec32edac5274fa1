import { expect, test } from 'vitest';
import { complianceQueries, probes } from '../test/compliance.ts';
import { parsePromql } from './parse.ts';
import { durationText, numberText, pretty, printed } from './print.ts';
import { treeOf } from './tree.ts';

/** One of each production of the grammar, and what is left when a part of it is not written. */
const grammar: readonly (readonly [whole: string, without: string])[] = [
  ['x{a="b"}', 'x'],
  ['x{a="b",c!="d"}', 'x{a="b"}'],
  ['x{a=~"b"}', 'x{a="b"}'],
  ['x{"a b"!~"b"}', 'x{"a b"!="b"}'],
  ['{"x",a="b"}', '{"x"}'],
  ['x offset 5m', 'x'],
  ['x offset -5m', 'x offset 5m'],
  ['x @ 5', 'x'],
  ['x @ start()', 'x'],
  ['x @ end()', 'x @ start()'],
  ['x @ 5 offset 1m', 'x @ 5'],
  ['rate(x[5m] offset 1m)', 'rate(x[5m])'],
  ['rate(x[5m] @ 1)', 'rate(x[5m])'],
  ['rate(x[5m:1m])', 'rate(x[5m:])'],
  ['rate(x[5m:] offset 1m)', 'rate(x[5m:])'],
  ['rate(x[5m:] @ end())', 'rate(x[5m:])'],
  ['-x', 'x'],
  ['+x', 'x'],
  ['(x)', 'x'],
  ['x == bool y', 'x == y'],
  ['x + on () y', 'x + y'],
  ['x + on (a) y', 'x + on () y'],
  ['x + ignoring (a) y', 'x + y'],
  ['x + on (a) group_left y', 'x + on (a) y'],
  ['x + on (a) group_right y', 'x + on (a) group_left y'],
  ['x + on (a) group_left (b) y', 'x + on (a) group_left y'],
  ['x + fill (1) y', 'x + y'],
  ['x + fill_left (1) y', 'x + fill (1) y'],
  ['x + fill_right (1) y', 'x + fill (1) y'],
  ['x + fill_left (1) fill_right (2) y', 'x + fill (1) y'],
  ['x == bool on (a) group_left (b) fill (NaN) y', 'x == bool on (a) group_left (b) y'],
  ['sum by (a) (x)', 'sum(x)'],
  ['sum without () (x)', 'sum(x)'],
  ['sum without (a) (x)', 'sum by (a) (x)'],
  ['topk(1, x)', 'topk(2, x)'],
  ['round(x, 2)', 'round(x)'],
  ['info(x, {a="b"})', 'info(x)'],
  ['label_join(x, "a", "b", "c", "d")', 'label_join(x, "a", "b", "c")'],
];

test.each(grammar)('%s is not read as %s', (whole, without) => {
  const tree = treeOf(parsePromql(whole));
  expect(tree).not.toEqual(treeOf(parsePromql(without)));
  expect(printed(parsePromql(whole))).not.toBe(printed(parsePromql(without)));
  expect(treeOf(parsePromql(printed(parsePromql(whole))))).toEqual(tree);
});

test('no word of a query is dropped, and the usual form means the same', () => {
  const all = [...complianceQueries, ...probes, ...grammar.flat()];
  for (const text of all) {
    const expression = parsePromql(text);
    const lines = pretty(expression);
    // The indent of a long chain takes more than a query may have.
    const again = lines.length < 20_000 ? lines : printed(expression);
    expect(printed(parsePromql(again)), text).toBe(printed(expression));
    // A name before and within braces, numbers and durations may be written in more ways than one.
    const words = text
      .replaceAll(/#.*|"[^"]*"|'[^']*'|`[^`]*`/g, ' ')
      .match(/(?<![\d.])[a-zA-Z_:][\w:]*/g);
    const shown = again.toLowerCase();
    for (const word of words ?? [])
      if (!(word === 'by' && /by\s*\(\s*\)/.test(text)))
        expect(shown, text).toContain(word.toLowerCase());
  }
});

test('durations and numbers as Go prints them', () => {
  expect([0, 90_000, 604_800_000, 90_000_000, 500, 31_536_000_000].map(durationText)).toEqual([
    '0s',
    '1m30s',
    '1w',
    '1d1h',
    '500ms',
    '1y',
  ]);
  expect([1e-5, 1e21, 1e20, -0, Infinity, 0.1].map(numberText)).toEqual([
    '1e-05',
    '1e+21',
    '1e+20',
    '-0',
    '+Inf',
    '0.1',
  ]);
});

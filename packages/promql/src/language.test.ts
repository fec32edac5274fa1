/** What Prometheus has since 3.0, which Debian's does not answer: values as its own tests have them. */
import type { Labels } from '@openmanager/store/contract';
import { describe, expect, test } from 'vitest';
import { answerInstant, answerRange } from './answer.ts';
import type { SampleSource } from './evaluate.ts';
import { matcherTest, parsePromql } from './parse.ts';
import { PromqlError } from './promql-error.ts';
import type { Samples } from './samples.ts';

const AT_MS = 600_000;

/** Lines such as `name{a="b"} 1 2 _ 3`: a value a minute, the last one at `AT_MS`. */
function sourceOf(text: string): SampleSource {
  const series = text
    .trim()
    .split('\n')
    .map((line): Samples => {
      const [, name = '', inner = '', values = ''] =
        /^\s*([\w:]+)(?:\{(.*)\})?\s+(.*)$/.exec(line) ?? [];
      const labels: Labels = new Map([
        ['__name__', name],
        ...[...inner.matchAll(/(\w+)="([^"]*)"/g)].map(
          ([, label, value]) => [label, value] as [string, string],
        ),
      ]);
      const all = values.trim().split(/\s+/);
      const points = all.flatMap((value, at) =>
        value === '_' ? [] : [[AT_MS - (all.length - 1 - at) * 60_000, Number(value)] as const],
      );
      return {
        labels,
        timesMs: Float64Array.from(points, ([time]) => time),
        values: Float64Array.from(points, ([, value]) => value),
        buckets: undefined,
      };
    });
  return {
    select: (matchers) =>
      Promise.resolve(
        series.filter(({ labels }) =>
          matchers.every((matcher) => matcherTest(matcher)(labels.get(matcher.label) ?? '')),
        ),
      ),
  };
}

async function ask(data: string, text: string): Promise<Record<string, string> | string> {
  const answer = JSON.parse(
    await answerInstant(sourceOf(data), { text, timeMs: AT_MS }, 100_000),
  ) as {
    result:
      | readonly { metric: Record<string, string>; value: [number, string] }[]
      | [number, string];
  };
  if (typeof answer.result[0] === 'number') return String(answer.result[1]);
  const vector = answer.result as readonly {
    metric: Record<string, string>;
    value: [number, string];
  }[];
  return Object.fromEntries(
    vector.map(({ metric, value }) => [
      Object.entries(metric)
        .map(([label, of]) => (label === '__name__' ? of : `${label}=${of}`))
        .join(' '),
      value[1],
    ]),
  );
}

async function refusal(data: string, text: string): Promise<string> {
  const error: unknown = await ask(data, text).then(
    () => 'it answered',
    (reason: unknown) => reason,
  );
  return error instanceof PromqlError ? `${error.type}: ${error.message}` : String(error);
}

describe('fill', () => {
  const data = `
    left{label="a"} 10
    left{label="b"} 20
    left{label="c"} 30
    right{label="a"} 100
    right{label="b"} 200
    right{label="d"} 400`;
  test.each<[string, Record<string, string>]>([
    [
      'left + fill(0) right',
      { 'label=a': '110', 'label=b': '220', 'label=c': '30', 'label=d': '400' },
    ],
    ['left + fill_left(0) right', { 'label=a': '110', 'label=b': '220', 'label=d': '400' }],
    ['left + fill_right(0) right', { 'label=a': '110', 'label=b': '220', 'label=c': '30' }],
    [
      'left + fill_left(5) fill_right(7) right',
      { 'label=a': '110', 'label=b': '220', 'label=c': '37', 'label=d': '405' },
    ],
    [
      'left + fill(-Inf) right',
      { 'label=a': '110', 'label=b': '220', 'label=c': '-Inf', 'label=d': '-Inf' },
    ],
    ['left == fill(30) right', { 'left label=c': '30' }],
    ['left != fill(30) right', { 'left label=a': '10', 'left label=b': '20', 'label=d': '30' }],
    [
      'left > bool fill(25) right',
      { 'label=a': '0', 'label=b': '0', 'label=c': '1', 'label=d': '0' },
    ],
    ['left + fill(0) nothing', { 'label=a': '10', 'label=b': '20', 'label=c': '30' }],
    ['left + fill_left(0) nothing', {}],
    [
      'left + on (label) group_left fill(1) right',
      { 'label=a': '110', 'label=b': '220', 'label=c': '31', 'label=d': '401' },
    ],
  ])('%s', async (text, expected) => expect(await ask(data, text)).toEqual(expected));

  test('the side with many series is filled once per group', async () => {
    const requests = `
      requests{method="GET",status="200"} 100
      requests{method="POST",status="200"} 200
      limits{status="200"} 1000
      limits{status="404"} 500`;
    const expected = {
      'method=GET status=200': '1100',
      'method=POST status=200': '1200',
      'status=404': '500',
    };
    expect(await ask(requests, 'requests + on (status) group_left fill(0) limits')).toEqual(
      expected,
    );
    expect(
      await ask(requests, 'limits + on (status) group_right fill_left(0) fill_right(0) requests'),
    ).toEqual(expected);
  });

  test('per step, where a series has no value', async () => {
    const answer = await answerRange(
      sourceOf('left{l="a"} 1 _ _ _ _ _ 3\nright{l="a"} _ _ _ _ _ _ 200'),
      { text: 'left + fill(0) right', startMs: AT_MS - 360_000, endMs: AT_MS, stepMs: 360_000 },
      1000,
    );
    expect(JSON.parse(new TextDecoder().decode(answer))).toMatchObject({
      result: [
        {
          values: [
            [240, '1'],
            [600, '203'],
          ],
        },
      ],
    });
  });

  test.each([
    'left and fill(0) right',
    'left + fill(x) right',
    'left + fill(1) fill_left(2) right',
  ])('%s is refused', async (text) => expect(await refusal(data, text)).toMatch(/^bad_data/));

  test('the words are names of metrics, too', async () => {
    expect(await ask('fill 1\nother 2', 'fill + fill(0) other')).toEqual({ '': '3' });
    expect(await ask('fill 1\nother 2', 'other + fill')).toEqual({ '': '3' });
  });
});

test.each<[string, string]>([
  ['5.', '5'],
  ['- - 1', '1'],
  ['017', '15'],
  ['1_000', '1000'],
  ['5m', '300'],
  ['1h30m', '5400'],
  [`${'1+'.repeat(4_999)}1`, '5000'],
])('%s is a number', async (text, value) => expect(await ask('x 1', text)).toBe(value));

test.each<[string, string, Record<string, string>]>([
  ['a duration after @', 'x @ 10m', { x: '7' }],
  ['a range in seconds', 'max_over_time(x[60])', { '': '7' }],
  ['mad_over_time', 'mad_over_time(m[10m])', { '': '1' }],
  ['first_over_time', 'first_over_time(m[10m])', { m: '6' }],
  ['ts_of_max_over_time', 'ts_of_max_over_time(m[10m])', { '': '480' }],
  ['ts_of_last_over_time', 'ts_of_last_over_time(m[10m])', { '': '600' }],
  ['limitk', 'limitk(2, k)', { 'k n=1': '9', 'k n=10': '8' }],
  ['limitk by', 'count(limitk by (n) (1, k))', { '': '3' }],
  ['sort_by_label', 'sort_by_label(k, "n")', { 'k n=1': '9', 'k n=2': '7', 'k n=10': '8' }],
  ['histogram_quantile', 'histogram_quantile(0.75, lat_bucket)', { 'i=p': '0.55' }],
  ['histogram_fraction', 'histogram_fraction(0, 0.1, lat_bucket)', { 'i=p': '0.5' }],
  [
    'histogram_fraction within a bucket',
    'histogram_fraction(0.05, 0.55, lat_bucket)',
    { 'i=p': '0.5' },
  ],
  ['histogram_fraction beyond all', 'histogram_fraction(1, Inf, lat_bucket)', { 'i=p': '0' }],
  ['info', 'info(up)', { 'up instance=a job=j version=1': '1', 'up instance=b job=j': '0' }],
  ['info with a label', 'info(up, {version=~".+"})', { 'up instance=a job=j version=1': '1' }],
  [
    'info of another name',
    'info(up, {__name__="build_info", rev=~".+"})',
    { 'up instance=b job=j rev=r': '0' },
  ],
  ['an average beyond the largest float', 'avg(big)', { '': '170000000000000000000' }],
])('%s', async (_, text, expected) => {
  const data = `
    x 7
    m 4 6 10 2 6 _ _ _ 99 6 5
    k{n="1"} 9
    k{n="2"} 7
    k{n="10"} 8
    lat_bucket{i="p",le="0.1"} 10
    lat_bucket{i="p",le="1"} 20
    lat_bucket{i="p",le="+Inf"} 20
    up{instance="a",job="j"} 1
    up{instance="b",job="j"} 0
    target_info{instance="a",job="j",version="1"} 1
    build_info{instance="b",job="j",rev="r"} 1
    big{x="1"} 1.7e20
    big{x="2"} 1.7e20`;
  const answer = await ask(data, text);
  expect(answer).toEqual(expected);
  expect(Object.keys(answer)).toEqual(Object.keys(expected));
});

test('averages of the largest floats', async () => {
  const largest = '17'.padEnd(309, '0');
  expect(await ask('big{x="1"} 1.7e308\nbig{x="2"} 1.7e308', 'avg(big)')).toEqual({ '': largest });
  expect(await ask('big 1.7e308 1.7e308', 'avg_over_time(big[5m])')).toEqual({ '': largest });
});

test.each([
  ['many >= on (i) one', /^execution: multiple matches for labels: many-to-one/],
  ['-{__name__=~"one|two"}', /^execution: vector cannot contain metrics with the same labelset/],
  ['1e400', /^bad_data: 1:1: parse error: error parsing number/],
  ['one offset 1m offset 2m', /^bad_data: 1:15: parse error: offset may not be set multiple times/],
  ['one{a=~"(?!x)"}', /^bad_data: .*cannot be read/],
])('%s is refused', async (text, message) => {
  const data = 'many{l="a",i="p"} 0\nmany{l="b",i="p"} 1\none{i="p"} 1\ntwo{i="p"} 1';
  expect(await refusal(data, text)).toMatch(message);
});

test.each([
  ['one anchored', '"anchored"'],
  ['rate(one[5m] smoothed)', '"smoothed"'],
  ['one </ 3', 'the operator </'],
  ['limit_ratio(0.5, one)', 'the aggregation limit_ratio'],
  ['one[5m+1m]', 'the duration expression "5m+1m"'],
  ['one[step()]', 'the duration expression "step()"'],
  ['histogram_count(one)', 'the function histogram_count()'],
  [
    'double_exponential_smoothing(one[5m], 0.5, 0.5)',
    'the function double_exponential_smoothing()',
  ],
  ['start()', 'the function start()'],
])('%s is refused by name', (text, name) => {
  expect(() => parsePromql(text)).toThrow(`${name} is not part of the PromQL subset of this hub`);
});

test.each([
  ['parentheses', `${'('.repeat(150)}1${')'.repeat(150)}`],
  ['calls', `${'abs('.repeat(150)}x${')'.repeat(150)}`],
  ['signs', `${'- '.repeat(150)}x`],
  ['powers', Array(150).fill('x').join('^')],
])('%s within one another have a bound', (_, text) => {
  expect(() => parsePromql(text)).toThrow('nested too deeply');
});

test('labels that grow with each part of a query have a bound', async () => {
  let text = 'x';
  for (let round = 0; round < 40; round++)
    text = `label_replace(${text}, "a", "$1$1", "a", "(.*)")`;
  expect(await refusal('x{a="0123456789"} 1', text)).toMatch(/^execution: .* MB of label text/);
});

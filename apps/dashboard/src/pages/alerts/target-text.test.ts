import { expect, test } from 'vitest';
import type { TargetSelection } from '@openmanager/alerting/model';
import { targetsInput, targetsOf } from './target-text.ts';

test.each<[string, TargetSelection]>([
  ['', 'all'],
  ['web-1', [{ target: 'web-1' }]],
  [
    '#web, #db',
    [
      { labels: [{ name: 'web', op: '~', value: '*' }] },
      { labels: [{ name: 'db', op: '~', value: '*' }] },
    ],
  ],
  [
    'kind=host|pod & team=shop & env!=dev & zone~a*|b* & rack!~x',
    [
      {
        kinds: ['host', 'pod'],
        labels: [
          { name: 'team', op: '=', value: 'shop' },
          { name: 'env', op: '!=', value: 'dev' },
          { name: 'zone', op: '~', value: 'a*|b*' },
          { name: 'rack', op: '!~', value: 'x' },
        ],
      },
    ],
  ],
  ['web-1 & kind=host', [{ target: 'web-1', kinds: ['host'] }]],
  ['서울 & #운영', [{ target: '서울', labels: [{ name: '운영', op: '~', value: '*' }] }]],
])('%s', (text, targets) => {
  expect(targetsOf(text)).toEqual(targets);
  expect(targetsInput(targets)).toBe(text);
});

test('what is typed loosely is understood', () => {
  expect(targetsOf(' , #web ,team = shop ')).toEqual([
    { labels: [{ name: 'web', op: '~', value: '*' }] },
    { labels: [{ name: 'team', op: '=', value: 'shop' }] },
  ]);
  // No kind: a label that the hub judges.
  expect(targetsOf('kind=server')).toEqual([
    { labels: [{ name: 'kind', op: '=', value: 'server' }] },
  ]);
});

import { expect, test } from 'vitest';
import {
  durationMs,
  environmentName,
  readSettings,
  settings,
  sizeBytes,
  tierOf,
  UsageError,
} from './settings.ts';

test('a flag wins over the environment, the environment over nothing', () => {
  const names = ['listen', 'data', 'hosts', 'signinLink', 'allowOrigin'] as const;
  const environment = {
    OPENMANAGER_LISTEN: '0.0.0.0:1',
    OPENMANAGER_DATA: '/srv',
    OPENMANAGER_SIGNIN_LINK: '1',
    OPENMANAGER_ALLOW_ORIGIN: 'https://a, https://b',
  };
  expect(readSettings(names, ['--listen', '[::1]:2', '--hosts', '7'], environment)).toEqual({
    listen: '[::1]:2',
    data: '/srv',
    hosts: 7,
    signinLink: true,
    allowOrigin: ['https://a', 'https://b'],
  });
  expect(
    readSettings(names, ['--allow-origin', 'https://x', '--allow-origin=https://y'], {}),
  ).toEqual({
    listen: undefined,
    data: undefined,
    hosts: undefined,
    signinLink: false,
    allowOrigin: ['https://x', 'https://y'],
  });
});

test.each([
  [['--nonsense'], /nonsense/],
  [['--hosts', 'many'], /whole number.*many/],
  [['--hosts', '-1'], /hosts/],
  [['stray'], /stray/],
])('%j is refused with a sentence', (args, message) => {
  expect(() => readSettings(['hosts'], args, {})).toThrow(UsageError);
  expect(() => readSettings(['hosts'], args, {})).toThrow(message);
});

test.each([
  ['500ms', 500],
  ['5s', 5000],
  ['1.5h', 5_400_000],
  ['14d', 1_209_600_000],
])('%s is %d ms', (text, ms) => {
  expect(durationMs(settings.retention, text)).toBe(ms);
});

test.each(['', '5', 's', '5 s', '-5s', '1w'])('“%s” is no time', (text) => {
  expect(() => durationMs(settings.retention, text)).toThrow(/--retention.*14d/);
});

test('tiers and sizes are read, and refused with an example', () => {
  expect(tierOf('15m=366d')).toEqual({ bucketMs: 900_000, retentionMs: 31_622_400_000 });
  for (const wrong of ['15m', '15m=', '15m=1d=2d', 'x=1d'])
    expect(() => tierOf(wrong)).toThrow(/1m=30d/);
  expect(sizeBytes(settings.maxDisk, '1.5GB')).toBe(1_500_000_000);
  expect(() => sizeBytes(settings.maxDisk, '20')).toThrow(/--max-disk.*500MB/);
});

test('environment names follow the flags', () => {
  expect(environmentName(settings.allowOrigin)).toBe('OPENMANAGER_ALLOW_ORIGIN');
});

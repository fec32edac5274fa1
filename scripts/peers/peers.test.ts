/** What a machine without the programs is told, and that no test is skipped in another way. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { absences, tableOf } from '../test-reporter.ts';
import { testPeers } from './install.ts';
import { needs } from './needs.ts';
import { findPeer, peerPath } from './table.ts';

const root = join(import.meta.dirname, '../..');

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a program is where its variable says, and a variable that names no file is told', () => {
  vi.stubEnv('CHROMIUM_PATH', process.execPath);
  expect(findPeer('chromium')).toBe(process.execPath);
  expect(needs('chromium')).toEqual({});
  vi.stubEnv('CHROMIUM_PATH', '/nowhere/chromium');
  expect(() => peerPath('chromium')).toThrow('CHROMIUM_PATH is /nowhere/chromium');
});

test('a test whose needs are not met is skipped with their names', () => {
  const { getuid } = process;
  process.getuid = () => 1000;
  try {
    expect(needs('root')).toEqual({ skip: true, meta: { absent: ['root'] } });
  } finally {
    if (getuid) process.getuid = getuid;
  }
});

test('the table names each program, its package, and what did not run', () => {
  const rows = absences([
    { file: 'a.test.ts', reasons: ['promtool'] },
    { file: 'a.test.ts', reasons: ['promtool', 'root'] },
    { file: 'b.browser.test.ts', reasons: ['chromium'], whole: true },
  ]);
  expect(tableOf(rows).split('\n')).toEqual([
    '',
    '  Did not run here, because this machine lacks:',
    '   chromium   apt-get install chromium fonts-nanum',
    '      all  b.browser.test.ts',
    '   promtool   apt-get install prometheus',
    '        2  a.test.ts',
    '   root',
    '        1  a.test.ts',
    '',
  ]);
});

test('npm test does not install what only others need', () => {
  expect(testPeers).toContain('victoria-metrics');
  expect(testPeers).not.toContain('debootstrap');
});

test('no test is skipped without its needs being named', () => {
  const files = execFileSync(
    'git',
    ['ls-files', '-co', '--exclude-standard', '*.test.ts', '*.test.tsx'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  const silent = /\b(?:test|it|describe|suite)\.(?:skip|skipIf|runIf|todo|only)\b|\bskip: true\b/;
  const found = files
    .trim()
    .split('\n')
    .filter((file) => file !== 'scripts/peers/peers.test.ts' && existsSync(join(root, file)))
    .filter((file) => silent.test(readFileSync(join(root, file), 'utf8')));
  expect(found).toEqual([]);
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dice } from './kit.ts';
import { proofTable, taggedFiles, type ProofRow } from './table.ts';

test('finds the files that have a test of a table, and no others', () => {
  const root = mkdtempSync(join(tmpdir(), 'openmanager-proof-'));
  try {
    const folder = join(root, 'packages/a/src');
    mkdirSync(folder, { recursive: true });
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    // Put together here, or this file would count as one of them.
    const tags = 'tags:';
    write('one.test.ts', `test('x', { ${tags} ['faults'] }, () => {})`);
    write('both.test.ts', `test('x', { ...needs('root'), ${tags} [\n'security',\n'faults'] })`);
    write(
      'shared.test.ts',
      `const ${tags.replace(':', ' =')} ['security']; test('x', { tags }, () => {})`,
    );
    write('none.test.ts', `test('faults and security', () => {})`);
    write('kit.ts', `${tags} ['faults']`);
    expect(taggedFiles(root, 'faults')).toEqual([
      'packages/a/src/both.test.ts',
      'packages/a/src/one.test.ts',
    ]);
    expect(taggedFiles(root, 'security')).toEqual([
      'packages/a/src/both.test.ts',
      'packages/a/src/shared.test.ts',
    ]);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('the table shows each row with its figure, and the sum', () => {
  const row = (over: Partial<ProofRow>): ProofRow => ({
    name: 'kill -9',
    file: 'a.test.ts',
    state: 'passed',
    figure: 'lost 0',
    seconds: 1.26,
    ...over,
  });
  const rows = [
    row({}),
    row({ name: 'power cut', file: 'b.test.ts', state: 'not run', figure: 'needs root' }),
    row({ name: 'full disk', state: 'failed', figure: '' }),
  ];
  expect(proofTable(rows).split('\n')).toEqual([
    '',
    'a.test.ts',
    '  ✓ kill -9',
    '      lost 0  (1.3 s)',
    '  ✗ full disk',
    '      failed  (1.3 s)',
    '',
    'b.test.ts',
    '  – power cut',
    '      needs root',
    '',
    '  1 passed, 1 failed, 1 did not run',
    '',
  ]);
});

test('dice fall the same way for a seed, and another way for another', () => {
  const thrown = (seed: number): number[] => Array.from({ length: 1000 }, dice(seed));
  expect(thrown(7)).toEqual(thrown(7));
  expect(thrown(7)).not.toEqual(thrown(8));
  const mean = thrown(7).reduce((sum, value) => sum + value, 0) / 1000;
  expect(mean).toBeCloseTo(0.5, 1);
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readMachines } from './corpus.ts';

const folders: string[] = [];

function folder(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'machines-'));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

afterEach(() => {
  for (const root of folders.splice(0)) rmSync(root, { recursive: true });
});

const expected = {
  metrics: 2,
  rows: 4,
  testFrom: 2,
  values: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  labels: Uint8Array.of(0, 1),
  causes: [],
};

test('a csv file with both parts', () => {
  const text = 'part,label,m00,m01\ntrain,0,1,2\ntrain,0,3,4\ntest,0,5,6\ntest,1,7,8\n';
  const root = folder({
    'asd/omi-2.csv': text,
    'asd/omi-1.csv': text,
    'asd/omi-2.interpretation.txt': '1-1:1,2\n',
  });
  expect(readMachines(root, 'asd')).toEqual([
    { name: 'omi-1', ...expected },
    {
      name: 'omi-2',
      ...expected,
      causes: [{ first: 1, last: 1, metrics: new Set([0, 1]) }],
    },
  ]);
});

test.each(['', 'ServerMachineDataset/'])('texts in %s train, test and test_label', (place) => {
  const root = folder({
    [`${place}train/machine-1-1.txt`]: '1,2\n3,4\n',
    [`${place}test/machine-1-1.txt`]: '5,6\n7,8\n',
    [`${place}test_label/machine-1-1.txt`]: '0\n1\n',
  });
  expect(readMachines(root, 'smd')).toEqual([{ name: 'machine-1-1', ...expected }]);
});

test('pickles and other folders are refused with what is needed', () => {
  expect(() => readMachines(folder({ 'a/machine-1-1_train.pkl': '' }), 'smd')).toThrow(/pickles/);
  expect(() => readMachines(folder({ 'readme.md': '' }), 'smd')).toThrow(/test_label/);
  const text = 'part,label,m00\ntrain,0,1\ntest,1,7\n';
  const unclear = folder({ 'smd/x.csv': text, 'smd/x.interpretation.txt': '0-0 1' });
  expect(() => readMachines(unclear, 'smd')).toThrow(/cannot read “0-0 1”/);
  expect(() => readMachines(folder({ 'smd/x.csv': 'timestamp,value\n' }), 'smd')).toThrow(/header/);
});

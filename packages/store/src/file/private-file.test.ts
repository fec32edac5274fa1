import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../index.ts';

test('what a store writes is its owner’s alone, also where an older one was readable', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'openmanager-private-'));
  const folder = join(parent, 'data');
  const others = (path: string): number => statSync(path).mode & 0o077;
  try {
    await (await openStore({ folder })).close();
    expect(others(folder)).toBe(0);
    chmodSync(join(folder, 'openmanager.db'), 0o644);
    const store = await openStore({ folder });
    await store.write([{ collection: 'things', key: 'a', value: 1 }]);
    await store.backup(join(folder, 'backup.tmp'));
    for (const name of readdirSync(folder).filter((one) => /\.(db|db-wal|db-shm|tmp)$/.test(one)))
      expect([name, others(join(folder, name))]).toEqual([name, 0]);
    await store.close();
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});

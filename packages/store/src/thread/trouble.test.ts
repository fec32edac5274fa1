/** What becomes of a store whose files are taken away, or were before it starts. */
import {
  copyFileSync,
  existsSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { needs } from '../../../../scripts/peers/needs.ts';
import { figure } from '../../../../scripts/proof/kit.ts';
import { RESERVE_NAME } from '../file/reserve.ts';
import { openThreads, StoreDefaults } from './open-store.ts';
import { all, FOREVER_MS, newFolder, opened, rows } from '../../test/stores.ts';

const WITHIN = { timeout: 10_000, interval: 50 };
const row = (time: number): ReturnType<typeof rows> => rows(['x'], [[time, 1]]);

const takings: readonly (readonly [string, (path: string) => void])[] = [
  ['deleted', (path) => rmSync(path)],
  ['moved away', (path) => renameSync(path, `${path}.moved`)],
  [
    'replaced by a restore',
    (path) => {
      copyFileSync(path, `${path}.copy`);
      renameSync(`${path}.copy`, path);
    },
  ],
  ['emptied', (path) => truncateSync(path)],
  ['deprived of its log', (path) => rmSync(`${path}-wal`)],
  ['deprived of its index', (path) => rmSync(`${path}-shm`)],
];

test.for(takings)(
  'the database is %s while the hub runs: noticed, and nothing is acknowledged any more',
  { tags: ['faults'] },
  async ([, take], { task }) => {
    const folder = newFolder();
    const store = await opened(folder);
    await store.append('a', { bootEpoch: 1, seq: 1 }, row(1));
    take(join(folder, 'openmanager.db'));
    const before = performance.now();
    // Nobody writes: it is noticed all the same.
    await vi.waitFor(() => expect(store.condition().trouble?.code).toBe('missing'), WITHIN);
    figure(task, `noticed after ${Math.round(performance.now() - before)} ms`);
    await expect(store.append('a', { bootEpoch: 1, seq: 2 }, row(2))).rejects.toMatchObject({
      code: 'missing',
    });
    await expect(store.write([{ collection: 'c', key: 'k', value: 1 }])).rejects.toMatchObject({
      code: 'missing',
    });
  },
);

test(
  'an older copy is written into the file while the hub runs: noticed, and nothing is acknowledged any more',
  { tags: ['faults'] },
  async () => {
    const folder = newFolder();
    const path = join(folder, 'openmanager.db');
    for (const seq of [1, 2, 3]) {
      const store = await opened(folder);
      await store.append('a', { bootEpoch: 1, seq }, row(seq));
      await store.write([{ collection: 'c', key: `${seq}`, value: 'x'.repeat(20_000) }]);
      await store.close();
      if (seq === 1) copyFileSync(path, `${path}.old`);
    }
    const store = await opened(folder);
    await store.append('a', { bootEpoch: 1, seq: 4 }, row(4));
    const { ino } = statSync(path);
    copyFileSync(`${path}.old`, path);
    expect(statSync(path).ino).toBe(ino);
    await vi.waitFor(() => expect(store.condition().trouble?.code).toBe('missing'), WITHIN);
    await expect(store.append('a', { bootEpoch: 1, seq: 5 }, row(5))).rejects.toMatchObject({
      code: 'missing',
    });
  },
);

test(
  'what a hub still holds of a deleted database is saved by a backup; a file that is put back is used again',
  { tags: ['faults'] },
  async () => {
    const folder = newFolder();
    const path = join(folder, 'openmanager.db');
    const store = await opened(folder);
    await store.append('a', { bootEpoch: 1, seq: 1 }, row(1));
    renameSync(path, `${path}.moved`);
    await vi.waitFor(() => expect(store.condition().trouble?.code).toBe('missing'), WITHIN);
    const saved = newFolder();
    await store.backup(join(saved, 'openmanager.db'));
    expect((await (await opened(saved)).query({ hostId: 'a', ...all })).timesMs).toHaveLength(1);

    renameSync(`${path}.moved`, path);
    await vi.waitFor(() => expect(store.condition().trouble).toBeUndefined(), WITHIN);
    await store.append('a', { bootEpoch: 1, seq: 2 }, row(2));
    await store.close();
    expect((await (await opened(folder)).query({ hostId: 'a', ...all })).timesMs).toHaveLength(2);
  },
);

test(
  'where a database must be, none is made; a log without its database is not thrown away',
  { tags: ['faults'] },
  async () => {
    const folder = newFolder();
    const path = join(folder, 'openmanager.db');
    const options = { ...StoreDefaults, folder, mustExist: true };
    await expect(openThreads(options)).rejects.toMatchObject({ code: 'missing' });
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, '');
    await expect(openThreads(options)).rejects.toMatchObject({ code: 'missing' });
    rmSync(path, { force: true });
    writeFileSync(`${path}-wal`, 'what was acknowledged last');
    await expect(opened(folder)).rejects.toMatchObject({ code: 'missing' });
    expect(statSync(`${path}-wal`).size).toBe(26);
    rmSync(`${path}-wal`);
    await (await openThreads({ ...options, mustExist: false })).close();
    await (await openThreads(options)).close();
  },
);

test(
  'the reserve is made, given up when the store is full, and what was under way is stored',
  { tags: ['faults'] },
  async () => {
    const folder = newFolder();
    const reserve = join(folder, RESERVE_NAME);
    const base = { ...StoreDefaults, folder, retentionMs: FOREVER_MS, commitDelayMs: 1 };
    const store = await openThreads({ ...base, reserveAfterMs: 50 });
    await vi.waitFor(() => expect(statSync(reserve).size).toBeGreaterThan(1 << 20), WITHIN);
    await store.close();

    const full = await openThreads({ ...base, maxPages: 60 });
    try {
      let seq = 0;
      const wide = (): ReturnType<typeof rows> =>
        rows(
          ['x'],
          Array.from({ length: 2000 }, (_, index) => [
            seq * 2_400_000 + index * 1000,
            Math.random(),
          ]),
        );
      await vi.waitFor(
        () =>
          expect(
            full.append('a', { bootEpoch: 1, seq: ++seq }, wide()).then(() => 'stored'),
          ).rejects.toMatchObject({ code: 'full' }),
        { timeout: 20_000, interval: 1 },
      );
      // A page limit is not helped by space: the reserve went first, then the store said that it is full.
      expect(existsSync(reserve)).toBe(false);
      expect(full.condition()).toMatchObject({ reserveUsed: true, trouble: { code: 'full' } });
    } finally {
      await full.close();
    }
    const database = new DatabaseSync(join(folder, 'openmanager.db'));
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  },
);

test(
  'a quota that is used up (a limit of the size of files, for any user): refused by name, what was acknowledged is there',
  { ...needs('linux'), tags: ['faults'] },
  async ({ task }) => {
    const folder = newFolder();
    const child = fileURLToPath(new URL('../../test/quota-child.ts', import.meta.url));
    // In blocks of 1 KiB or 512 bytes, as the shell has it.
    const script = 'ulimit -f 600; exec "$0" --conditions=source "$1" "$2"';
    const { stdout } = spawnSync('sh', ['-c', script, process.execPath, child, folder], {
      encoding: 'utf8',
    });
    const told = JSON.parse(stdout) as Record<'acknowledged' | 'rows' | 'mark', number> &
      Record<'code' | 'trouble', string>;
    expect(told).toMatchObject({ code: 'disk-error', trouble: 'disk-error' });
    expect(told.mark).toBe(told.acknowledged);
    const store = await opened(folder);
    const kept = await store.query({ hostId: 'agent', ...all, maxPoints: 1e7 });
    expect(kept.timesMs).toHaveLength(told.acknowledged * told.rows);
    figure(task, `${told.acknowledged} batches acknowledged, ${told.acknowledged} there`);
  },
);

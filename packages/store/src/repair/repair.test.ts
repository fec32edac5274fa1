import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HOUR_MS } from '@openmanager/protocol/durations';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anySeed, dice, figure, rounds } from '../../../../scripts/proof/kit.ts';
import { openForReading } from '../file/database.ts';
import { openThreads, StoreDefaults } from '../thread/open-store.ts';
import { checkDatabase, repairDatabase } from './index.ts';
import { PAGE_BYTES } from './pages.ts';
import { all, FOREVER_MS, newFolder, rows } from '../../test/stores.ts';

const NAME = 'openmanager.db';
const HOSTS = 6;
const RECORDS = 400;

/** A database as a hub leaves it: hosts, sets, samples in chunks and heads, every tier, records, a removed host. */
async function made(folder: string): Promise<void> {
  const store = await openThreads({ ...StoreDefaults, folder, retentionMs: FOREVER_MS });
  const random = dice(7);
  for (let host = 0; host < HOSTS; host++) {
    const keys = Array.from({ length: 20 + 15 * host }, (_, index) => `metric.${host}.${index}`);
    for (let hour = 0; hour < 12; hour++) {
      const points = Array.from({ length: 30 }, (_, index) => [
        hour * HOUR_MS + index * 120_000,
        ...keys.map(() => Math.round(random() * 1e6) / 100),
      ]);
      await store.append(`host-${host}`, { bootEpoch: 3, seq: hour + 1 }, rows(keys, points));
    }
  }
  await store.append('gone', { bootEpoch: 1, seq: 1 }, rows(['x'], [[1, 1]]));
  await store.removeHost('gone');
  await store.settle();
  await store.append('host-0', { bootEpoch: 4, seq: 1 }, rows(['newest'], [[13 * HOUR_MS, 5]]));
  await store.write(
    Array.from({ length: RECORDS }, (_, index) => ({
      collection: index % 3 === 0 ? 'events' : 'rules',
      key: String(index).padStart(6, '0'),
      value: { name: `record ${index}`, text: 'x'.repeat((index * 37) % 700) },
    })),
  );
  await store.close();
}

const TABLES = [
  'host',
  'series_set',
  'record',
  'chunk',
  'head',
  'tier_60000',
  'tier_900000',
  'tier_7200000',
];

/** Every row that matters, as text; throws where SQLite cannot read one. */
function dump(folder: string): Map<string, Set<string>> {
  const database = openForReading(folder);
  try {
    return new Map(
      TABLES.map((table) => {
        const statement = database.prepare(`SELECT * FROM ${table}`);
        statement.setReadBigInts(true);
        return [
          table,
          new Set(
            statement
              .all()
              .map((row) =>
                JSON.stringify(row, (_, value: unknown) =>
                  typeof value === 'bigint'
                    ? String(value)
                    : value instanceof Uint8Array
                      ? Buffer.from(value).toString('base64')
                      : value,
                ),
              ),
          ),
        ] as const;
      }),
    );
  } finally {
    database.close();
  }
}

let source: string;
let bytes: Buffer;
let before: Map<string, Set<string>>;

beforeAll(async () => {
  source = mkdtempSync(join(tmpdir(), 'openmanager-repair-'));
  await made(source);
  bytes = readFileSync(join(source, NAME));
  before = dump(source);
});

afterAll(() => rmSync(source, { recursive: true }));

function damaged(change: (bytes: Buffer) => void): string {
  const folder = newFolder();
  const copy = Buffer.from(bytes);
  change(copy);
  writeFileSync(join(folder, NAME), copy);
  return folder;
}

/** Rows of before that are not there, and rows that are there and were not before. */
function compare(folder: string): { readonly missing: number; readonly invented: string[] } {
  const after = dump(folder);
  let missing = 0;
  const invented: string[] = [];
  for (const [table, old] of before) {
    const now = after.get(table) as Set<string>;
    for (const row of old) if (!now.has(row)) missing++;
    for (const row of now) if (!old.has(row)) invented.push(`${table} ${row.slice(0, 200)}`);
  }
  return { missing, invented };
}

test('a sound database has no finding, with and without a log, and is not changed', () => {
  expect(checkDatabase(source).findings).toEqual([]);
  expect(readFileSync(join(source, NAME)).equals(bytes)).toBe(true);
  const { keptAs, findings, kept } = repairDatabase(source, { dryRun: true });
  expect([keptAs, findings]).toEqual([undefined, []]);
  expect(kept).toMatchObject({ hosts: HOSTS, records: RECORDS + HOSTS + 1 });
  const folder = damaged(() => undefined);
  expect(repairDatabase(folder).findings).toEqual([]);
  expect(compare(folder)).toEqual({ missing: 0, invented: [] });
});

test(
  'a flipped byte anywhere: check finds it or nothing is changed; repair keeps what is outside it and invents nothing',
  { tags: ['faults'] },
  async ({ task }) => {
    const seed = anySeed();
    const random = dice(seed);
    const count = rounds(16, 400);
    let found = 0;
    let worst = 0;
    for (let round = 0; round < count; round++) {
      // Half of them where there is most structure: the first pages, and the heads of all.
      const page =
        random() < 0.3
          ? Math.floor(random() * 24)
          : Math.floor((random() * bytes.length) / PAGE_BYTES);
      const at = page * PAGE_BYTES + Math.floor(random() * (random() < 0.4 ? 200 : PAGE_BYTES));
      const mask = 1 + Math.floor(random() * 255);
      const what = `seed ${seed}, round ${round}, byte ${at} ^ ${mask}`;
      const folder = damaged((copy) => (copy[at] = (copy[at] as number) ^ mask));
      const { findings } = checkDatabase(folder);
      if (findings.length > 0) found++;
      else expect(compare(folder), what).toEqual({ missing: 0, invented: [] });
      repairDatabase(folder);
      const { missing, invented } = compare(folder);
      expect(
        invented.filter((row) => !isHealed(row)),
        what,
      ).toEqual([]);
      expect(missing, what).toBeLessThanOrEqual(80);
      worst = Math.max(worst, missing);
      if (round % 20 === 0) await opens(folder);
    }
    figure(
      task,
      `${count} flips: ${found} found, the others changed nothing; at most ${worst} rows lost, seed ${seed}`,
    );
  },
);

/** What a repair writes anew: sets whose windows it found again, hosts without their watermark. */
function isHealed(row: string): boolean {
  return (
    row.startsWith('series_set ') || row.startsWith('host ') || row.includes('store.catalogue')
  );
}

test(
  'a file that ends anywhere: what is before the end is kept',
  { tags: ['faults'] },
  async ({ task }) => {
    const seed = anySeed();
    const random = dice(seed);
    const count = rounds(4, 40);
    let least = 1;
    for (let round = 0; round < count; round++) {
      const length = Math.floor(bytes.length * (0.1 + 0.9 * random()));
      const folder = damaged(() => undefined);
      truncateSync(join(folder, NAME), length);
      const what = `seed ${seed}, ${length} of ${bytes.length} bytes`;
      expect(checkDatabase(folder).findings, what).not.toEqual([]);
      repairDatabase(folder);
      const { missing, invented } = compare(folder);
      expect(
        invented.filter((row) => !isHealed(row)),
        what,
      ).toEqual([]);
      const total = [...before.values()].reduce((sum, { size }) => sum + size, 0);
      least = Math.min(least, (1 - missing / total) / (length / bytes.length));
      await opens(folder);
    }
    figure(
      task,
      `${count} lengths: at least ${least.toFixed(2)} of the share of rows that the file still had, seed ${seed}`,
    );
  },
);

/** The repaired folder is one that a hub starts on and writes to. */
async function opens(folder: string): Promise<void> {
  const store = await openThreads({ ...StoreDefaults, folder, retentionMs: FOREVER_MS });
  try {
    await store.settle();
    await store.append('new', { bootEpoch: 1, seq: 1 }, rows(['x'], [[5, 5]]));
    expect((await store.query({ hostId: 'new', ...all })).timesMs).toHaveLength(1);
    for (const { hostId } of await store.listSeries({})) {
      await store.query({ hostId, ...all });
      break;
    }
  } finally {
    await store.close();
  }
}

describe('what is lost is named', () => {
  const zeroed = (page: number): string =>
    damaged((copy) => copy.fill(0, (page - 1) * PAGE_BYTES, page * PAGE_BYTES));

  test('the first page gone: everything is kept', () => {
    const folder = zeroed(1);
    const { findings } = checkDatabase(folder);
    expect(findings.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['file', 'schema']));
    repairDatabase(folder);
    expect(compare(folder)).toEqual({ missing: 0, invented: [] });
  });

  test('the map of pages gone: everything is kept', () => {
    const folder = zeroed(2);
    repairDatabase(folder);
    expect(compare(folder)).toEqual({ missing: 0, invented: [] });
  });

  test('roots of the tables gone: their leaves are found by the map; lost samples have host and time', () => {
    const database = new DatabaseSync(join(source, NAME), { readOnly: true });
    const roots = new Map(
      database
        .prepare("SELECT name, rootpage FROM sqlite_schema WHERE type = 'table'")
        .all()
        .map((row) => [String(row['name']), Number(row['rootpage'])]),
    );
    database.close();
    for (const [name, root] of roots) {
      if (!TABLES.includes(name)) continue;
      const folder = zeroed(root);
      expect(checkDatabase(folder).findings, name).not.toEqual([]);
      const { findings } = repairDatabase(folder);
      const { missing, invented } = compare(folder);
      expect(
        invented.filter((row) => !isHealed(row)),
        name,
      ).toEqual([]);
      if (name === 'chunk') {
        expect(missing).toBeLessThan(3);
        expect(findings.filter(({ kind }) => kind === 'samples').length).toBeGreaterThan(0);
      }
      // Catalogues are small: their root is all of them, and everything is told by the copies.
      if (name === 'series_set' || name === 'host')
        expect(dump(folder).get(name)?.size, name).toBe(before.get(name)?.size);
    }
  });

  test('a damaged chunk is told by host and window, and kept out', () => {
    const database = new DatabaseSync(join(source, NAME), { readOnly: true });
    const { data } = database.prepare('SELECT data FROM chunk LIMIT 1 OFFSET 40').get() as {
      data: Uint8Array;
    };
    database.close();
    const at = bytes.indexOf(Buffer.from(data.subarray(0, 100)));
    const folder = damaged((copy) => (copy[at + 20] = (copy[at + 20] as number) ^ 1));
    const samples = checkDatabase(folder).findings.filter(({ kind }) => kind === 'samples');
    expect(samples).toEqual([
      {
        kind: 'samples',
        hostId: expect.stringMatching(/^host-\d$/) as string,
        fromMs: expect.any(Number) as number,
        toMs: expect.any(Number) as number,
      },
    ]);
  });

  test('the damaged file is kept beside the new one, and a log is read with it', async () => {
    const folder = newFolder();
    copyFileSync(join(source, NAME), join(folder, NAME));
    // A hub that was killed leaves its log: the copy is made while the store is open.
    const store = await openThreads({ ...StoreDefaults, folder, retentionMs: FOREVER_MS });
    await store.append('in-log', { bootEpoch: 1, seq: 1 }, rows(['x'], [[5, 5]]));
    const killed = newFolder();
    for (const name of [NAME, `${NAME}-wal`]) copyFileSync(join(folder, name), join(killed, name));
    await store.close();
    expect(statSync(join(killed, `${NAME}-wal`)).size).toBeGreaterThan(0);
    const { findings, keptAs = '' } = repairDatabase(killed);
    expect(findings).toEqual([]);
    expect(existsSync(keptAs)).toBe(true);
    expect(readdirSync(killed).filter((name) => name.includes('damaged'))).toHaveLength(2);
    expect(dump(killed).get('host')?.size).toBe(HOSTS + 1);
  });

  test('a folder that a hub uses, and one without a database, are refused', async () => {
    const folder = newFolder();
    const store = await openThreads({ ...StoreDefaults, folder });
    expect(() => checkDatabase(folder)).toThrow(expect.objectContaining({ code: 'in-use' }));
    expect(() => repairDatabase(folder)).toThrow(expect.objectContaining({ code: 'in-use' }));
    await store.close();
    expect(() => checkDatabase(newFolder())).toThrow(expect.objectContaining({ code: 'missing' }));
  });
});

import { HOUR_MS } from '@openmanager/protocol/durations';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { newFolder, opened, rows } from '../../test/stores.ts';
const START_MS = 1000 * 20 * 24 * HOUR_MS;
const STEP_MS = 10_000;

/** Changes one byte of one row of the table; returns how many rows it has. */
function flip(folder: string, table: string, byte: (length: number) => number): number {
  const database = new DatabaseSync(join(folder, 'openmanager.db'));
  const found = database
    .prepare(`SELECT CAST(id AS TEXT) AS id, data FROM ${table} ORDER BY id`)
    .all();
  const { id, data } = found[Math.floor(found.length / 2)] as { id: string; data: Uint8Array };
  const at = byte(data.length);
  data[at] = (data[at] as number) ^ 0x10;
  database.prepare(`UPDATE ${table} SET data = ? WHERE id = CAST(? AS INTEGER)`).run(data, id);
  database.close();
  return found.length;
}

const places: readonly [string, (length: number) => number][] = [
  ['the first byte', () => 0],
  ['the middle', (length) => length >> 1],
  ['the last byte', (length) => length - 1],
];

test.each(
  ['chunk', 'head', 'tier_60000', 'tier_900000'].flatMap((table) =>
    places.map(([where, byte]) => [table, where, byte] as const),
  ),
)('%s, %s: it is found and quarantined, and everything else reads', async (table, _, byte) => {
  const folder = newFolder();
  const first = await opened(folder);
  // Six hours of two hosts; the last window is not full, so that there is a head.
  const points = Array.from({ length: 6 * 360 + 5 }, (__, at) => [START_MS + at * STEP_MS, at]);
  for (const host of ['a', 'b']) {
    for (let from = 0, seq = 1; from < points.length; from += 400, seq++)
      await first.append(host, { bootEpoch: 1, seq }, rows(['x'], points.slice(from, from + 400)));
  }
  await first.settle();
  const last = points.length;
  await first.append(
    'a',
    { bootEpoch: 1, seq: 99 },
    rows(['x'], [[START_MS + last * STEP_MS, last]]),
  );
  await first.close();
  flip(folder, table, byte);

  const store = await opened(folder);
  const toMs = START_MS + 7 * HOUR_MS;
  const read = async (stepMs?: number): Promise<Map<string, number>> => {
    const { series } = await store.select({ fromMs: START_MS, toMs, stepMs });
    return new Map(
      series.map(({ hostId, count }) => [hostId, count.reduce((sum, one) => sum + one, 0)]),
    );
  };
  const stepMs = table.startsWith('tier') ? Number(table.slice(5)) : undefined;
  const counts = await read(stepMs);
  const window = stepMs === undefined ? 120 : (240 * stepMs) / STEP_MS;
  const missing = 2 * points.length + 1 - (counts.get('a') ?? 0) - (counts.get('b') ?? 0);
  expect(missing).toBeGreaterThanOrEqual(0);
  expect(missing).toBeLessThanOrEqual(window);
  await store.settle();
  // Where queries do not need the byte that changed, the next look at the whole finds it.
  if (missing > 0)
    await vi.waitFor(async () => expect((await store.historyStats()).damaged).toBe(1), 30_000);
  // Rows are taken as before, also where the damage was.
  await store.append('a', { bootEpoch: 1, seq: 100 }, rows(['x'], [[START_MS + 1, 1]]));
  await store.append('b', { bootEpoch: 1, seq: 100 }, rows(['x'], [[START_MS + 1, 1]]));
  const after = await read();
  expect((after.get('a') ?? 0) + (after.get('b') ?? 0)).toBeGreaterThan(2 * points.length - window);
  const { columns } = await store.query({ hostId: 'b', fromMs: START_MS, toMs, maxPoints: 10 });
  expect(columns[0]?.length).toBeGreaterThan(0);
  await store.close();
});

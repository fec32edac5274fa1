/** Stores on real folders, closed and removed after each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seriesSetId } from '@openmanager/protocol';
import { afterEach } from 'vitest';
import {
  openStore,
  StoreDefaults,
  type EmbeddedStore,
  type RangeResult,
  type Rows,
  type TierOptions,
} from '../src/index.ts';

/** Longer than any test's times are old. */
export const FOREVER_MS = Number.MAX_SAFE_INTEGER;

const stores: EmbeddedStore[] = [];
const folders: string[] = [];

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'openmanager-store-'));
  folders.push(folder);
  return folder;
}

export async function opened(
  folder: string,
  retentionMs: number = FOREVER_MS,
  tiers: readonly TierOptions[] = StoreDefaults.tiers,
): Promise<EmbeddedStore> {
  const store = await openStore({ folder, retentionMs, tiers, commitDelayMs: 1 });
  stores.push(store);
  return store;
}

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Points are [time, value of the first key, value of the second …]. */
export function rows(keys: readonly string[], points: readonly (readonly number[])[]): Rows {
  return {
    setId: seriesSetId(keys),
    keys,
    timesMs: points.map(([time]) => time as number),
    columns: keys.map((_, index) =>
      Float64Array.from(points, (point) => point[index + 1] ?? Number.NaN),
    ),
  };
}

/** A result as plain arrays, for comparing. */
export function plain(result: RangeResult): unknown {
  return {
    keys: result.keys,
    times: [...result.timesMs],
    columns: result.columns.map((column) => [...column]),
    stepMs: result.stepMs,
  };
}

export const all = { fromMs: 0, toMs: 4e12, maxPoints: 10_000 } as const;

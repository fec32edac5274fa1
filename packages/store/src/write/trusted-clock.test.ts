import { DAY_MS, HOUR_MS } from '@openmanager/protocol/durations';
import type { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openForWriting } from '../file/database.ts';
import { prepareTiers } from '../tiers/pending.ts';
import { RAW_WINDOW_MS, tiersOf } from '../file/layout.ts';
import { StoreDefaults } from '../thread/open-store.ts';
import { packRows } from './pack.ts';
import { Upkeep } from './upkeep.ts';
import { Writes } from './writes.ts';
import { newFolder, rows } from '../../test/stores.ts';

const TODAY_MS = Date.UTC(2026, 5, 15);
const YEAR_2036_MS = Date.UTC(2036, 0, 1);

/** What one process of the hub does, on a clock of the test's. */
class Run {
  nowMs: number;
  readonly upkeep: Upkeep;
  readonly #database: DatabaseSync;
  readonly #writes: Writes;

  constructor(folder: string, nowMs: number, maxBytes?: number) {
    this.nowMs = nowMs;
    const tiers = tiersOf(StoreDefaults.tiers);
    this.#database = openForWriting(folder);
    prepareTiers(this.#database, tiers);
    this.#writes = new Writes(this.#database, tiers);
    const options = { retentionMs: StoreDefaults.retentionMs, maxBytes };
    this.upkeep = new Upkeep(
      this.#database,
      this.#writes,
      tiers,
      options,
      (work) => this.#transaction(work),
      () => this.nowMs,
    );
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN');
    work();
    this.#writes.flush();
    this.#database.exec('COMMIT');
  }

  append(fromMs: number, toMs: number, everyMs = 10 * 60_000): void {
    const points: number[][] = [];
    for (let at = fromMs; at <= toMs; at += everyMs) points.push([at, Math.sin(at)]);
    const batch = { bootEpoch: fromMs, seq: 1 };
    this.#transaction(() => this.#writes.append(packRows('a', batch, rows(['x'], points))));
  }

  /** Starts of the windows of samples, and chunks of every tier. */
  kept(): { readonly raw: readonly number[]; readonly chunks: number } {
    this.upkeep.settle();
    const raw = this.#database
      .prepare('SELECT (id >> 16) & 134217727 AS window FROM chunk ORDER BY id')
      .all()
      .map(({ window }) => Number(window) * RAW_WINDOW_MS);
    let chunks = 0;
    for (const { name } of this.#database
      .prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'tier_%'")
      .all())
      chunks += Number(
        this.#database.prepare(`SELECT count(*) AS count FROM ${String(name)}`).get()?.['count'],
      );
    return { raw, chunks };
  }

  close(): void {
    this.#database.close();
  }
}

const history = (): { folder: string; before: ReturnType<Run['kept']> } => {
  const folder = newFolder();
  const run = new Run(folder, TODAY_MS);
  run.kept();
  run.append(TODAY_MS - 40 * HOUR_MS, TODAY_MS);
  const before = run.kept();
  run.close();
  expect(before.raw.length).toBeGreaterThan(100);
  return { folder, before };
};

test(
  'a start in the year 2036 removes nothing, whatever is stored meanwhile, and nothing is lost when the clock is right again',
  { tags: ['faults'] },
  () => {
    const { folder, before } = history();
    const wrong = new Run(folder, YEAR_2036_MS);
    expect(wrong.kept()).toEqual(before);
    expect(wrong.upkeep.clock.doubt).toEqual({
      clockMs: YEAR_2036_MS,
      trustedMs: TODAY_MS,
    });
    // Agents' clocks are corrected to the hub's, so what they send has its year.
    wrong.append(YEAR_2036_MS, YEAR_2036_MS + 3 * HOUR_MS);
    wrong.nowMs += 3 * HOUR_MS;
    expect(wrong.kept().raw).toEqual(expect.arrayContaining([...before.raw]));
    wrong.close();

    const right = new Run(folder, TODAY_MS + HOUR_MS);
    expect(right.kept().raw).toEqual(expect.arrayContaining([...before.raw]));
    expect(right.upkeep.clock.doubt).toBeUndefined();
    // Today's history goes on to age by today's clock.
    right.append(TODAY_MS + HOUR_MS, TODAY_MS + 20 * HOUR_MS);
    right.nowMs = TODAY_MS + 20 * HOUR_MS;
    const { raw } = right.kept();
    expect(raw[0]).toBeGreaterThanOrEqual(TODAY_MS - 28 * HOUR_MS - RAW_WINDOW_MS);
    expect(raw).toContain(TODAY_MS);
    right.close();
  },
);

test(
  'a data folder from before the trusted time was stored is safe in its first start in 2036, too',
  { tags: ['faults'] },
  () => {
    const { folder, before } = history();
    const database = openForWriting(folder);
    database.exec("DELETE FROM counter WHERE name = 'clock'");
    database.close();
    const wrong = new Run(folder, YEAR_2036_MS);
    expect(wrong.kept()).toEqual(before);
    expect(wrong.upkeep.clock.doubt).toBeDefined();
    wrong.close();
  },
);

test(
  'a clock that jumps while the hub runs, forward or back, removes nothing; an administrator who says that it is right ends the doubt',
  { tags: ['faults'] },
  () => {
    const { folder, before } = history();
    const run = new Run(folder, TODAY_MS);
    run.nowMs = TODAY_MS - 5 * 365 * DAY_MS;
    expect(run.kept()).toEqual(before);
    expect(run.upkeep.clock.doubt).toBeDefined();
    run.nowMs = TODAY_MS + 3 * DAY_MS;
    expect(run.kept()).toEqual(before);
    run.upkeep.acceptClock();
    expect(run.upkeep.clock.doubt).toBeUndefined();
    // Ages count from the newest sample: a hub that hears nothing forgets nothing.
    expect(run.kept()).toEqual(before);
    run.append(run.nowMs, run.nowMs);
    expect(run.kept().raw).toEqual([run.nowMs]);
    run.upkeep.stop();
    run.close();
  },
);

test(
  'a size limit takes the oldest sixteenth, not everything before samples of the year 2036',
  { tags: ['faults'] },
  () => {
    const { folder, before } = history();
    const run = new Run(folder, YEAR_2036_MS, 1);
    run.append(YEAR_2036_MS, YEAR_2036_MS + HOUR_MS);
    const { raw } = run.kept();
    expect(raw.length).toBeGreaterThan(before.raw.length * 0.85);
    expect(raw.length).toBeLessThan(before.raw.length + 5);
    run.close();
  },
);

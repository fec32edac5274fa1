import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newFolder, opened, rows } from '../../test/stores.ts';

const sets = [['x', 'y'], ['y', 'z'], ['x']];
const HOSTS = ['a', 'b'];
/** Share of the runs with a restart: threads that come and go cost more than all the rest. */
const RESTARTS = 6;
/** So that random times fall into some windows of five minutes, on and beside their borders. */
const TIME_UNIT_MS = 25_000;

/** The naive store: every value by host, set, time and key. */
class Table {
  readonly #values = new Map<string, Map<string, number>>();
  readonly #marks = new Map<string, number>();

  append(host: string, set: number, seq: number, points: readonly (readonly number[])[]): void {
    if (seq <= (this.#marks.get(host) ?? 0)) return;
    this.#marks.set(host, seq);
    for (const [time, ...values] of points) {
      const name = `${host}/${time}/${set}`;
      if (this.#values.has(name)) continue;
      const row = new Map<string, number>();
      for (const [place, key] of (sets[set] as string[]).entries()) {
        const value = values[place] ?? Number.NaN;
        if (!Number.isNaN(value)) row.set(key, value);
      }
      this.#values.set(name, row);
    }
  }

  /** Mean of what is there, by point and key; sets that share a key at the same time count both. */
  range(host: string, fromMs: number, toMs: number, stepMs: number): Map<string, number> {
    const found = new Map<string, number[]>();
    for (const [name, row] of this.#values) {
      const [of, text] = name.split('/') as [string, string];
      const time = Number(text);
      if (of !== host || time < fromMs || time > toMs) continue;
      const point = stepMs === 0 ? time : Math.floor(time / stepMs) * stepMs;
      for (const [key, value] of row)
        found.set(`${point}/${key}`, [...(found.get(`${point}/${key}`) ?? []), value]);
    }
    return new Map(
      [...found].map(([name, of]) => [name, of.reduce((sum, value) => sum + value, 0) / of.length]),
    );
  }

  times(host: string, fromMs: number, toMs: number): number {
    const times = [...this.#values.keys()]
      .map((name) => name.split('/'))
      .filter(([of, time]) => of === host && Number(time) >= fromMs && Number(time) <= toMs);
    return new Set(times.map(([, time]) => time)).size;
  }

  samples(): number {
    return [...this.#values.values()].reduce((sum, row) => sum + row.size, 0);
  }
}

const value = fc.oneof(
  fc.constant(Number.NaN),
  fc.integer({ min: -1000, max: 1000 }).map((scaled) => scaled / 100),
  fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
);
const append = fc.record({
  host: fc.constantFrom(...HOSTS),
  set: fc.nat(2),
  seq: fc.integer({ min: 1, max: 40 }),
  points: fc.array(
    fc.tuple(fc.nat(50), value, value).map(([at, ...values]) => [at * TIME_UNIT_MS, ...values]),
    { minLength: 1, maxLength: 8 },
  ),
});

test('random appends, late, twice, of several sets and across restarts, answer as a plain table does', async () => {
  const folder = newFolder();
  let store = await opened(folder);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(append, { maxLength: 25 }),
      fc.nat(25 * RESTARTS),
      fc.nat(60),
      fc.nat(60),
      fc.integer({ min: 1, max: 60 }),
      async (appends, restartAt, one, other, maxPoints) => {
        // Hosts of its own for each run, in one store for all.
        const run = runs++;
        const nameOf = (host: string): string => `${host}${run}`;
        const { samplesStored: before } = await store.stats();
        const table = new Table();
        let flying: Promise<void>[] = [];
        for (const [index, { host, set, seq, points }] of appends.entries()) {
          if (index === restartAt) {
            await store.close();
            await Promise.all(flying.splice(0));
            store = await opened(folder);
          }
          flying.push(
            store.append(nameOf(host), { bootEpoch: 1, seq }, rows(sets[set] as string[], points)),
          );
          table.append(host, set, seq, points);
        }
        await Promise.all(flying);
        flying = [];
        const fromMs = Math.min(one, other) * TIME_UNIT_MS;
        const toMs = Math.max(one, other) * TIME_UNIT_MS;
        const keys = ['x', 'y', 'z'];
        for (const hostId of HOSTS) {
          const result = await store.query({
            hostId: nameOf(hostId),
            keys,
            fromMs,
            toMs,
            maxPoints,
          });
          const times = [...result.timesMs];
          expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
          expect(times.length).toBeLessThanOrEqual(maxPoints);
          expect(result.stepMs > 0).toBe(table.times(hostId, fromMs, toMs) > maxPoints);
          const answer = new Map<string, number>();
          for (const [column, key] of keys.entries())
            for (const [index, time] of times.entries()) {
              const here = result.columns[column]?.[index] ?? Number.NaN;
              if (!Number.isNaN(here)) answer.set(`${time}/${key}`, here);
            }
          const expected = table.range(hostId, fromMs, toMs, result.stepMs);
          expect([...answer.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
          for (const [name, mean] of answer) {
            const wanted = expected.get(name) as number;
            expect(Math.abs(mean - wanted)).toBeLessThanOrEqual(
              1e-6 * Math.max(1, Math.abs(wanted)),
            );
          }
        }
        expect((await store.stats()).samplesStored - before).toBe(table.samples());
      },
    ),
    { numRuns: 40 },
  );
}, 180_000);

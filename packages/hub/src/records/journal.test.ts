import { setImmediate as turn } from 'node:timers/promises';
import { StoreError, type RecordChange } from '@openmanager/store';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HealthIssues } from '../ports/index.ts';
import { Journal, type JournalOptions } from './journal.ts';

/** A store whose writes wait until the test lets them succeed or fail. */
class GatedStore {
  readonly disk = new Map<string, unknown>();
  readonly batches: (readonly RecordChange[])[] = [];
  #pending: { succeed(): void; fail(): void } | undefined;

  get isBusy(): boolean {
    return this.#pending !== undefined;
  }

  write(changes: readonly RecordChange[]): Promise<void> {
    if (this.#pending) throw new Error('two writes at once');
    this.batches.push(changes);
    return new Promise((resolve, reject) => {
      this.#pending = {
        succeed: () => {
          for (const change of changes) apply(this.disk, change);
          resolve();
        },
        fail: () => reject(new StoreError('full', 'no space')),
      };
    });
  }

  async settle(outcome: 'succeed' | 'fail'): Promise<void> {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.[outcome]();
    await turn();
  }
}

function apply(records: Map<string, unknown>, change: RecordChange): void {
  const name = `${change.collection} ${change.key}`;
  if ('remove' in change) records.delete(name);
  else records.set(name, change.value);
}

const put = (key: string, value: unknown): RecordChange => ({ collection: 'things', key, value });
const remove = (key: string): RecordChange => ({ collection: 'things', key, remove: true });

function open(options: Partial<JournalOptions> = {}) {
  const store = new GatedStore();
  const issues = new HealthIssues();
  const failure = 'Things cannot be stored.';
  const journal = new Journal<number>({
    records: store,
    issues,
    part: 'things',
    failure,
    ...options,
  });
  const announced: number[] = [];
  journal.onAnnounced((numbers) => announced.push(...numbers));
  return { store, issues, journal, announced };
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      changes: fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.boolean()), {
        maxLength: 4,
      }),
    }),
  },
  fc.record({ kind: fc.constantFrom('succeed' as const, 'fail' as const, 'retry' as const) }),
  fc.record({ kind: fc.constant('turn' as const) }),
);

test('transactions reach the disk in order, each whole or not at all, and are announced once, in order, after that', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { store, issues, journal, announced } = open();
      /** All records after each transaction. */
      const states: ReadonlyMap<string, unknown>[] = [new Map()];
      /** The newest transaction that a write which failed held. */
      let tried = 0;
      let stored = 0;
      const check = (): void => {
        const last = (store.disk.get('things last') as number | undefined) ?? 0;
        expect(last).toBeGreaterThanOrEqual(stored);
        stored = last;
        expect(store.disk).toEqual(states[last]);
        expect(announced).toEqual(Array.from(announced, (_, at) => at + 1));
        // Only what is on disk, or what the store refused, is told.
        expect(announced.length).toBeLessThanOrEqual(Math.max(stored, tried));
      };
      for (const one of steps) {
        if (one.kind === 'write') {
          const number = states.length;
          const changes = [
            ...one.changes.map(([key, gone]) => (gone ? remove(key) : put(key, number))),
            put('last', number),
          ];
          const state = new Map(states.at(-1));
          for (const change of changes) apply(state, change);
          states.push(state);
          journal.write(changes, [number]);
        } else if (one.kind === 'retry') journal.retry();
        else if (one.kind === 'turn') await turn();
        else if (store.isBusy) {
          if (one.kind === 'fail')
            for (const change of store.batches.at(-1) ?? [])
              if (change.key === 'last' && 'value' in change)
                tried = Math.max(tried, change.value as number);
          await store.settle(one.kind);
          expect(issues.list()).toHaveLength(one.kind === 'fail' ? 1 : 0);
        }
        check();
      }
      // The store works again.
      journal.retry();
      await turn();
      while (store.isBusy) await store.settle('succeed');
      check();
      expect(store.disk).toEqual(states.at(-1));
      expect(announced).toHaveLength(states.length - 1);
      expect(journal.isSettled).toBe(true);
      expect(issues.list()).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test('transactions of one turn, and those that came while the disk was busy, are one batch each', async () => {
  const { store, journal, announced } = open();
  const batches: number[][] = [];
  journal.onAnnounced((numbers) => batches.push([...numbers]));
  journal.write([put('a', 1)], [1]);
  journal.write([put('b', 2)], [2]);
  await turn();
  expect(store.batches).toEqual([[put('a', 1), put('b', 2)]]);
  journal.write([put('a', 3)], [3]);
  journal.write([put('a', 4)], [4]);
  await turn();
  expect(announced).toEqual([]);
  await store.settle('succeed');
  await store.settle('succeed');
  expect(store.batches[1]).toEqual([put('a', 4)]);
  expect(batches).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

describe('while the store fails', () => {
  test('what is announced is told all the same, and the health says so until it is stored', async () => {
    const { store, issues, journal, announced } = open();
    journal.write([put('a', 1)], [1]);
    await turn();
    await store.settle('fail');
    expect(announced).toEqual([1]);
    expect(journal.isSettled).toBe(true);
    expect(issues.list()).toEqual(['Things cannot be stored.']);
    const flushed = journal.flush();
    await turn();
    await store.settle('succeed');
    await flushed;
    expect(issues.list()).toEqual([]);
    expect(store.disk).toEqual(new Map([['things a', 1]]));
    expect(announced).toEqual([1]);
  });

  test('a flush says why, and keeps what is to be stored', async () => {
    const { store, journal } = open();
    journal.write([put('a', 1)]);
    const flushed = journal.flush();
    const refused = expect(flushed).rejects.toThrow('no space');
    await turn();
    await store.settle('fail');
    await refused;
    journal.retry();
    await turn();
    await store.settle('succeed');
    expect(store.disk.get('things a')).toBe(1);
  });

  test('the bound is kept: the oldest removals go first, and are counted', async () => {
    const { store, issues, journal } = open({ limit: 3 });
    journal.write([remove('old')]);
    await turn();
    await store.settle('fail');
    journal.write([put('a', 1), put('b', 1)]);
    await turn();
    await store.settle('fail');
    expect(issues.list()).toEqual(['Things cannot be stored.']);
    journal.write([remove('new'), put('c', 1)]);
    await turn();
    expect(store.batches.at(-1)).toEqual([put('a', 1), put('b', 1), put('c', 1)]);
    await store.settle('fail');
    expect(issues.list()).toEqual(['Things cannot be stored. 2 removals were dropped.']);
    journal.retry();
    await turn();
    await store.settle('succeed');
    expect(issues.list()).toEqual([]);
  });
});

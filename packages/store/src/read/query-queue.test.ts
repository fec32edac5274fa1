import { expect, test } from 'vitest';
import type { RangeResult } from '../index.ts';
import { QueryQueue } from './query-queue.ts';

const result: RangeResult = { keys: ['x'], timesMs: new Float64Array(), columns: [], stepMs: 0 };

test('other calls run while a query runs; queries run one after the other', async () => {
  const queue = new QueryQueue();
  const order: string[] = [];
  let othersHadTheirTurn = false;
  // Ends only when something else ran in between; a queue that does not pause would hang here.
  function* long(): Generator<void, RangeResult> {
    while (!othersHadTheirTurn) yield;
    order.push('long');
    return result;
  }
  function* short(): Generator<void, RangeResult> {
    yield;
    order.push('short');
    return result;
  }
  const add = (id: number, steps: Generator<void, RangeResult>): Promise<RangeResult> =>
    new Promise((done, failed) => queue.add(id, steps, done, failed));
  const both = Promise.all([add(1, long()), add(2, short())]);
  setTimeout(() => (othersHadTheirTurn = true));
  expect(await both).toEqual([result, result]);
  expect(order).toEqual(['long', 'short']);
});

test('a query that fails does not stop the next; stop refuses what waits and ends what runs', async () => {
  const queue = new QueryQueue();
  let ended = false;
  // oxlint-disable-next-line require-yield -- fails before it could
  function* broken(): Generator<void, RangeResult> {
    throw new Error('broken');
  }
  function* endless(): Generator<void, RangeResult> {
    try {
      for (;;) yield;
    } finally {
      ended = true;
    }
  }
  const failures: unknown[] = [];
  let id = 0;
  const add = (steps: Generator<void, RangeResult>, failed: (error: unknown) => void): void =>
    queue.add(++id, steps, () => expect.unreachable(), failed);
  await new Promise<void>((resolve) => {
    add(broken(), (error) => {
      failures.push(error);
      resolve();
    });
  });
  add(endless(), (error) => failures.push(error));
  add(endless(), (error) => failures.push(error));
  // Time for the first of them to begin.
  await new Promise((resolve) => setTimeout(resolve, 5));
  queue.stop('stopped');
  expect(failures).toEqual([new Error('broken'), 'stopped', 'stopped']);
  expect(ended).toBe(true);
});

test('a query that is cancelled ends where it is, waiting or under way; others go on', async () => {
  const queue = new QueryQueue();
  let ended = 0;
  function* endless(): Generator<void, RangeResult> {
    try {
      for (;;) yield;
    } finally {
      ended++;
    }
  }
  // oxlint-disable-next-line require-yield -- done at once
  function* short(): Generator<void, RangeResult> {
    return result;
  }
  const failures: unknown[] = [];
  for (const id of [1, 2])
    queue.add(
      id,
      endless(),
      () => expect.unreachable(),
      (error) => failures.push(error),
    );
  const last = new Promise((done, failed) => queue.add(3, short(), done, failed));
  await new Promise((resolve) => setTimeout(resolve, 5));
  queue.cancel(2, 'waiting');
  queue.cancel(1, 'under way');
  queue.cancel(9, 'nobody');
  expect(await last).toEqual(result);
  expect(failures).toEqual(['waiting', 'under way']);
  expect(ended).toBe(1);
});

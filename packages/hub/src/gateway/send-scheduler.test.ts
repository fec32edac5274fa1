import { expect, test } from 'vitest';
import { SendScheduler } from './send-scheduler.ts';

function setUp(costMs = 0) {
  const world = { nowMs: 0 };
  const waiting: (() => void)[] = [];
  const scheduler = new SendScheduler({ soon: (run) => waiting.push(run) }, () => world.nowMs);
  const served: number[] = [];
  const client = (name: number) => ({
    serve: () => {
      served.push(name);
      world.nowMs += costMs;
    },
  });
  const turn = (): number => {
    const before = served.length;
    waiting.shift()?.();
    return served.length - before;
  };
  return { scheduler, served, client, turn, waiting };
}

test('at most 250 clients are served before the event loop has its turn, in the order they came', () => {
  const { scheduler, served, client, turn, waiting } = setUp();
  for (let name = 0; name < 600; name++) scheduler.enqueue(client(name));
  expect(waiting).toHaveLength(1);
  expect([turn(), turn(), turn()]).toEqual([250, 250, 100]);
  expect(waiting).toHaveLength(0);
  expect(served).toEqual(Array.from({ length: 600 }, (_, name) => name));
});

test('a slice ends early when serving takes long', () => {
  const { scheduler, client, turn } = setUp(1);
  for (let name = 0; name < 100; name++) scheduler.enqueue(client(name));
  expect([turn(), turn()]).toEqual([16, 16]);
});

test('a client enqueued during a slice is served after the others', () => {
  const { scheduler, served, client, turn } = setUp();
  scheduler.enqueue({
    serve: () => {
      served.push(0);
      scheduler.enqueue(client(2));
    },
  });
  scheduler.enqueue(client(1));
  turn();
  expect(served).toEqual([0, 1, 2]);
  scheduler.enqueue(client(3));
  expect(turn()).toBe(1);
});

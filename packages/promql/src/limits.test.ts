/** One subject does not take the engine from the others, and no query takes the hub's memory. */
import type { SelectResult } from '@openmanager/store/contract';
import { expect, test } from 'vitest';
import { PromqlEngine, type PromqlError } from './index.ts';

const KEY = 'x';

/** A store that answers at once but for the first question, which it answers when it is told to. */
function held(): {
  readonly engine: PromqlEngine;
  readonly asked: () => number;
  readonly release: () => void;
} {
  let asked = 0;
  const { promise: first, resolve: release } = Promise.withResolvers<void>();
  const engine = new PromqlEngine({
    hosts: () => [{ hostId: 'a', instance: 'a' }],
    history: {
      listSeries: () => Promise.resolve([{ hostId: 'a', key: KEY }]),
      async select(): Promise<SelectResult> {
        if (++asked === 1) await first;
        return { series: [], damaged: 0 };
      },
    },
  });
  return { engine, asked: () => asked, release };
}

const question = { kind: 'instant', text: 'x', timeMs: 1000 } as const;

async function until(holds: () => boolean): Promise<void> {
  for (let round = 0; round < 500 && !holds(); round++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
}

test('forty panels at once all wait, another subject does not wait for them', async () => {
  const { engine, asked, release } = held();
  try {
    const order: string[] = [];
    const panels = Array.from({ length: 40 }, () =>
      engine.ask(question, { subject: 'panels' }).then(() => order.push('panels')),
    );
    await until(() => asked() === 1);
    await engine.ask(question, { subject: 'other' });
    expect(order).toEqual([]);
    release();
    await Promise.all(panels);
    expect(order).toHaveLength(40);
  } finally {
    engine.stop();
  }
});

test('queries beyond the bound are refused to who asks too much, not to others', async () => {
  const { engine, asked, release } = held();
  try {
    const many = Array.from({ length: 205 }, () =>
      engine.ask(question, { subject: 'many' }).then(
        () => 'answered',
        (error: PromqlError) => error.type,
      ),
    );
    await until(() => asked() === 1);
    await engine.ask(question, { subject: 'other' });
    release();
    const counts = Map.groupBy(await Promise.all(many), (outcome) => outcome);
    expect(counts.get('unavailable')).toHaveLength(4);
    expect(counts.get('answered')).toHaveLength(201);
  } finally {
    engine.stop();
  }
});

test('a thread that would take too much memory ends with its query alone', async () => {
  const engine = new PromqlEngine({
    hosts: () => [{ hostId: 'a', instance: 'a' }],
    history: {
      listSeries: () =>
        Promise.resolve(
          Array.from({ length: 60_000 }, (_, at) => ({
            hostId: 'a',
            key: `${'k'.repeat(500)}${at}`,
          })),
        ),
      select: () => Promise.resolve({ series: [], damaged: 0 }),
    },
    limits: { heapMb: 24 },
  });
  try {
    const text = '{job="openmanager"}';
    await expect(engine.ask({ kind: 'instant', text, timeMs: 1000 })).rejects.toMatchObject({
      type: 'execution',
      message: expect.stringContaining('more than 24 MB of memory'),
    });
    await expect(engine.ask({ kind: 'format', text: '1+1' })).resolves.toBeDefined();
  } finally {
    engine.stop();
  }
});

test('a chain of thousands of terms in its usual form', async () => {
  const { engine } = held();
  try {
    const text = `${'x+'.repeat(9_000)}x`;
    await expect(engine.ask({ kind: 'parse', text })).resolves.toBeDefined();
    await expect(
      engine.ask({ kind: 'format', text: '1+'.repeat(300) + '1' }),
    ).resolves.toBeDefined();
  } finally {
    engine.stop();
  }
});

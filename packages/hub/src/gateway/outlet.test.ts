import { EventEmitter } from 'node:events';
import { splitFrame, type Lagging } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import type { Channel } from './channel.ts';
import { SendScheduler } from './send-scheduler.ts';
import { DeliveryCounters } from './delivery-counters.ts';
import { Outlet } from './outlet.ts';
import { Part } from './part.ts';
import type { Subscription } from './subscription.ts';

/** engine.io's queue and transport as engine.io 6.6 has them, with a peer that reads when the test says so. */
class Connection extends EventEmitter {
  readonly readyState = 'open';
  writeBuffer: { data: Buffer | string }[] = [];
  readonly transport = Object.assign(new EventEmitter(), { name: 'polling', writable: true });
  taken: (Buffer | string)[] = [];

  write(data: Buffer | string): void {
    this.emit('packetCreate', { data });
    this.writeBuffer.push({ data });
    this.#flush();
  }

  read(): void {
    this.transport.writable = true;
    this.#flush();
    this.transport.emit('ready');
  }

  close(): void {}

  #flush(): void {
    if (!this.transport.writable || this.writeBuffer.length === 0) return;
    this.transport.writable = false;
    this.taken.push(...this.writeBuffer.splice(0).map(({ data }) => data));
  }
}

interface Options {
  readonly conflates?: boolean;
  readonly keyframeBytes?: number;
}

/** A part whose body is `bytes` times its offset; keyframes are told by their kind. */
function partOf(kind: 'keyframe' | 'delta', offset: number, bytes: number): Part {
  return new Part({
    header: { kind, channel: 1, offset, span: 1, hubTimeMs: 0 },
    body: new Uint8Array(bytes).fill(offset),
    inSequence: kind === 'delta',
    compress: false,
    pick: (hosts) => (hosts.has(String(offset)) ? Uint8Array.of(offset) : undefined),
  });
}

function setUp({ conflates = true, keyframeBytes = 10 }: Options = {}) {
  const connection = new Connection();
  const counters = new DeliveryCounters();
  const waiting: (() => void)[] = [];
  const told: Lagging[] = [];
  const world = { nowMs: 0, evicted: 0, kept: 0 };
  const scheduler = new SendScheduler({ soon: (run) => waiting.push(run) }, () => 0);
  const outlet = new Outlet({
    connection,
    canInflate: true,
    windowBytes: 1000,
    catchUpBytes: 100,
    laggingAfterMs: 8_000,
    evictAfterMs: 15_000,
    scheduler,
    counters,
    now: () => world.nowMs,
    tell: (lagging) => told.push(lagging),
    onEvict: () => {
      world.evicted++;
      outlet.close();
    },
  });
  const sent: Part[] = [];
  const channel = {
    number: 1,
    conflates,
    get offset() {
      return sent.length;
    },
    current: () => partOf('keyframe', sent.length, keyframeBytes),
    missedSince: (offset: number) => (offset < world.kept ? undefined : sent.slice(offset)),
  } as unknown as Channel;
  const subscription: Subscription = {
    channel,
    sentOffset: 0,
    partOffset: 0,
    hosts: undefined,
    first: [],
    backfill: [],
    listed: false,
    wake: () => outlet.wake(subscription),
  };
  const turn = (): void => {
    while (waiting.length > 0) waiting.shift()?.();
  };
  const broadcast = (bytes: number): void => {
    sent.push(partOf('delta', sent.length + 1, bytes));
    outlet.wake(subscription);
    turn();
  };
  const read = (): void => {
    connection.read();
    turn();
  };
  /** Kind and offset of every part that was sent, one list per packet. */
  const packets = (): string[] =>
    connection.taken.map((data) =>
      splitFrame(data as Buffer)
        .map(({ kind, offset, span }) => `${kind} ${offset}${span === 1 ? '' : `/${span}`}`)
        .join(' + '),
    );
  return {
    connection,
    counters,
    outlet,
    subscription,
    told,
    world,
    turn,
    broadcast,
    read,
    packets,
  };
}

test('while the transport is busy nothing is queued; what was missed follows in one frame', () => {
  const { connection, broadcast, read, packets, counters } = setUp();
  for (let index = 0; index < 3; index++) broadcast(40);
  expect(packets()).toEqual(['delta 1']);
  expect(connection.writeBuffer).toEqual([]);
  read();
  expect(packets()).toEqual(['delta 1', 'delta 2 + delta 3']);
  expect(counters.framesCoalesced).toBe(0);
});

test('many missed bytes are replaced by one keyframe, counted for the client and in all', () => {
  const { broadcast, read, packets, counters, outlet, subscription } = setUp();
  for (let index = 0; index < 6; index++) broadcast(40);
  read();
  expect(packets()).toEqual(['delta 1', 'keyframe 6']);
  expect([counters.framesCoalesced, outlet.framesCoalesced, subscription.sentOffset]).toEqual([
    5, 5, 6,
  ]);
  read();
  broadcast(40);
  expect(packets().at(-1)).toBe('delta 7');
});

test('no more than the window is sent without an acknowledgement, and it goes on with the newest state', () => {
  const { broadcast, read, packets, outlet, turn } = setUp();
  for (let index = 0; index < 100; index++) {
    broadcast(90);
    read();
  }
  const before = packets().length;
  // One frame may begin within the window and end beyond it.
  expect(outlet.heldBytes).toBeGreaterThanOrEqual(1000);
  expect(outlet.heldBytes).toBeLessThan(1120);
  outlet.acknowledged(before);
  turn();
  expect(packets().slice(before)).toEqual(['keyframe 100']);
});

test('a state larger than the window is sent alone', () => {
  const { broadcast, read, packets, outlet, turn } = setUp({ keyframeBytes: 5000 });
  broadcast(5000);
  broadcast(5000);
  broadcast(5000);
  read();
  expect(packets()).toEqual(['delta 1']);
  outlet.acknowledged(1);
  turn();
  expect(packets()).toEqual(['delta 1', 'keyframe 3']);
});

test('a client that acknowledges nothing for 8 s is told that it lags and gets no more, then the newest state; after 15 s it is evicted', () => {
  const { broadcast, read, packets, outlet, told, world, turn } = setUp();
  broadcast(10);
  read();
  for (world.nowMs = 1000; world.nowMs < 8000; world.nowMs += 1000) outlet.check(world.nowMs);
  expect([outlet.lagging, told]).toEqual([false, []]);
  outlet.check(8000);
  expect(told).toEqual([{ lagging: true, framesCoalesced: 0 }]);
  for (let index = 0; index < 20; index++) broadcast(10);
  expect(packets()).toEqual(['delta 1']);
  world.nowMs = 9000;
  expect(outlet.acknowledged(1)).toBe(true);
  turn();
  expect(packets()).toEqual(['delta 1', 'keyframe 21']);
  expect(told.at(-1)).toMatchObject({ lagging: false });
  outlet.check(23_999);
  expect(world.evicted).toBe(0);
  outlet.check(24_000);
  expect(world.evicted).toBe(1);
});

test('what may not be coalesced is sent in full, or the client is evicted', () => {
  const { broadcast, read, packets, world } = setUp({ conflates: false });
  for (let index = 0; index < 6; index++) broadcast(40);
  read();
  expect(packets()[1]?.split(' + ')).toHaveLength(5);
  broadcast(40);
  broadcast(40);
  world.kept = 99;
  read();
  expect(world.evicted).toBe(1);
});

test('a client that shows some hosts gets their parts, and no gap for the rest', () => {
  const { broadcast, read, packets, subscription } = setUp();
  subscription.hosts = new Set(['2', '5']);
  for (let index = 0; index < 6; index++) {
    broadcast(10);
    read();
  }
  expect(packets()).toEqual(['delta 2/2', 'delta 5/3']);
});

test('backfill parts go one by one, after newer parts', () => {
  const { broadcast, read, packets, subscription } = setUp();
  subscription.backfill = [10, 11, 12].map((bytes) => partOf('keyframe', 0, bytes));
  broadcast(10);
  expect(packets()).toEqual(['delta 1 + keyframe 0']);
  read();
  broadcast(10);
  read();
  expect(packets()).toEqual(['delta 1 + keyframe 0', 'keyframe 0', 'delta 2 + keyframe 0']);
});

test('a number of frames that was never sent, or goes back, is refused', () => {
  const { broadcast, outlet } = setUp();
  broadcast(10);
  expect(outlet.acknowledged(2)).toBe(false);
  expect(outlet.acknowledged(1)).toBe(true);
  expect(outlet.acknowledged(0)).toBe(false);
});

test('idle waits for the transport', async () => {
  const { outlet, broadcast, read } = setUp();
  await outlet.idle();
  broadcast(10);
  let idle = false;
  const waiting = (async () => {
    await outlet.idle();
    idle = true;
  })();
  await Promise.resolve();
  expect(idle).toBe(false);
  read();
  await waiting;
  expect(idle).toBe(true);
});

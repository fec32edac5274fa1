import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import type { Channel } from '../../src/gateway/channel.ts';
import { DeliveryCounters } from '../../src/gateway/figures.ts';
import { Outlet } from '../../src/gateway/outlet.ts';
import { framePacket, messagePacket, type Packet } from '../../src/gateway/packet.ts';
import type { Subscription } from '../../src/gateway/subscription.ts';
import { fakeStatus } from './fakes.ts';

/** engine.io's queue and transport as engine.io 6.6 has them, with a peer that reads when the test says so. */
class Connection extends EventEmitter {
  writeBuffer: { data: Buffer | string }[] = [];
  transport = Object.assign(new EventEmitter(), { writable: true });
  taken: (Buffer | string)[] = [];

  write(data: Buffer | string): void {
    this.emit('packetCreate', { data });
    this.writeBuffer.push({ data });
    this.flush();
  }

  read(): void {
    this.transport.emit('drain');
    this.transport.writable = true;
    this.flush();
  }

  close(): void {}

  private flush(): void {
    if (!this.transport.writable || this.writeBuffer.length === 0) return;
    const batch = this.writeBuffer;
    this.writeBuffer = [];
    this.transport.writable = false;
    this.taken.push(...batch.map(({ data }) => data));
    this.emit('drain');
  }
}

function setUp(keyframeBytes = 10) {
  const connection = new Connection();
  const counters = new DeliveryCounters();
  let overflows = 0;
  const outlet = new Outlet({
    connection,
    queueBytes: 1000,
    catchUpBytes: 100,
    counters,
    now: () => 0,
    onOverflow: () => overflows++,
  });
  const sent: Packet[] = [];
  const keyframe = framePacket(new Uint8Array(keyframeBytes).fill(1));
  const channel = {
    get offset() {
      return sent.length;
    },
    current: () => keyframe,
    missedSince: (offset: number) => sent.slice(offset),
  } as unknown as Channel;
  const subscription: Subscription = {
    outlet,
    channel,
    sentOffset: 0,
    queued: false,
    behind: false,
  };
  const broadcast = (bytes: number): void => {
    const packet = framePacket(new Uint8Array(bytes).fill(sent.length + 2));
    sent.push(packet);
    outlet.offer(subscription, packet, sent.length);
  };
  const numbers = (): number[] => connection.taken.map((data) => data[0] as number);
  return {
    connection,
    counters,
    outlet,
    subscription,
    broadcast,
    numbers,
    keyframe,
    overflows: () => overflows,
  };
}

test('while the peer does not read, one frame waits and the queue does not grow', () => {
  const { connection, broadcast, outlet } = setUp();
  for (let index = 0; index < 10_000; index++) broadcast(50);
  expect(connection.writeBuffer).toHaveLength(1);
  expect(outlet.heldBytes).toBe(100);
});

test('few missed bytes follow as they were', () => {
  const { connection, broadcast, numbers, counters, subscription } = setUp();
  for (let index = 0; index < 4; index++) broadcast(40);
  connection.read();
  connection.read();
  expect(numbers()).toEqual([2, 3, 4, 5]);
  expect([counters.framesCoalesced, subscription.sentOffset, subscription.behind]).toEqual([
    0,
    4,
    false,
  ]);
});

test('many missed bytes are replaced by one keyframe, and counted', () => {
  const { connection, broadcast, numbers, counters, subscription } = setUp();
  for (let index = 0; index < 6; index++) broadcast(40);
  connection.read();
  connection.read();
  expect(numbers()).toEqual([2, 3, 1]);
  expect([counters.framesCoalesced, subscription.sentOffset]).toEqual([4, 6]);
  broadcast(40);
  connection.read();
  expect(numbers()).toEqual([2, 3, 1, 8]);
});

test('what would exceed the bound waits until the transport has drained, and is never forgotten', () => {
  const { connection, broadcast, numbers, outlet, subscription } = setUp(600);
  broadcast(500);
  broadcast(600);
  // It would fit, but not in its turn.
  broadcast(10);
  expect([outlet.heldBytes, subscription.behind]).toEqual([500, true]);
  connection.read();
  expect(numbers()).toEqual([2, 1]);
  expect(subscription.behind).toBe(false);
});

test('a frame larger than the bound is sent alone', () => {
  const { connection, broadcast, outlet, numbers } = setUp(5000);
  broadcast(5000);
  broadcast(5000);
  expect(outlet.heldBytes).toBe(5000);
  connection.read();
  expect(numbers()).toEqual([2, 1]);
  expect(outlet.heldBytes).toBe(5000);
});

test('messages are always queued, up to the bound; then the client is given up and nothing more is kept', () => {
  const { connection, outlet, overflows } = setUp();
  const payload = { topic: 'system', kind: 'snapshot', status: fakeStatus.status() } as const;
  const packet = messagePacket({ channel: 1, epoch: 1, offset: 1, timeMs: 1, payload });
  const fit = Math.floor(1000 / packet.data.length);
  for (let index = 0; index <= fit; index++) outlet.sendMessage(packet);
  expect([overflows(), connection.writeBuffer.length]).toEqual([0, fit]);
  for (let index = 0; index < 100; index++) outlet.sendMessage(packet);
  expect([overflows(), connection.writeBuffer.length]).toEqual([1, fit + 1]);
});

test('idle waits for the transport', async () => {
  const { connection, outlet, broadcast } = setUp();
  await outlet.idle();
  broadcast(10);
  broadcast(10);
  let idle = false;
  const waiting = (async () => {
    await outlet.idle();
    idle = true;
  })();
  connection.read();
  await Promise.resolve();
  expect(idle).toBe(false);
  connection.read();
  await waiting;
  expect(idle).toBe(true);
});

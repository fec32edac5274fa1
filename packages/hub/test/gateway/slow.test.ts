import type { Socket as TcpSocket } from 'node:net';
import { headlineKeys } from '@openmanager/protocol';
import type { Socket } from 'socket.io-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventOf } from './fakes.ts';
import { Follower, startHub, stateOf, type TestHub } from './hub.ts';

const A = 'aaaaaaaaaaaa';
const KEYS = Array.from({ length: 5000 }, (_, index) => `k${index}`);
let hub: TestHub;
let slow: Follower;
let quick: Follower;
beforeEach(async () => {
  hub = await startHub();
  slow = await Follower.connect(hub.url);
  quick = await Follower.connect(hub.url);
});
afterEach(async () => {
  for (const { socket } of [slow, quick]) socket.disconnect();
  await hub.stop();
});

/** The TCP connection under a client, to stop reading from it. */
function tcpOf(socket: Socket): TcpSocket {
  return (socket.io.engine.transport as unknown as { ws: { _socket: TcpSocket } }).ws._socket;
}

test('a client that does not read gets the newest state when it does, and holds up nobody', async () => {
  hub.live.set(
    A,
    KEYS.map(() => 1),
    { keys: KEYS },
  );
  await slow.subscribe(`host:${A}`);
  await quick.subscribe(`host:${A}`);
  await slow.settle();
  tcpOf(slow.socket).pause();
  // The kernel takes megabytes before anything waits here: go on until the slow client misses 50 frames.
  let value = 1;
  for (let missed = 0; missed < 50; value++) {
    expect(value).toBeLessThan(5000);
    const before = hub.gateway.figures().framesSent;
    hub.live.set(
      A,
      KEYS.map((_, index) => 1e9 + value * 7919 + index),
    );
    await quick.settle();
    if (hub.gateway.figures().framesSent === before + 1) missed++;
    hub.time.pass(1000);
  }
  expect(stateOf(quick.hosts)).toEqual(stateOf(hub.live.all()));
  expect(quick.holes).toBe(0);
  tcpOf(slow.socket).resume();
  await expect
    .poll(() => stateOf(slow.hosts), { timeout: 20_000 })
    .toEqual(stateOf(hub.live.all()));
  expect(hub.gateway.figures().framesCoalesced).toBeGreaterThanOrEqual(49);
  expect(slow.holes).toBe(0);
  hub.live.set(
    A,
    KEYS.map(() => 3),
  );
  await slow.settle();
  expect(slow.kinds.slice(-2)).toEqual(['keyframe', 'delta']);
});

test('a long history goes out as it is read, not all at once', async () => {
  const hosts = 20;
  const rows = 10_000;
  for (let index = 0; index < hosts; index++)
    hub.live.set(`host${String(index).padStart(8, '0')}`, [1], { keys: [headlineKeys[0]] });
  const timesMs = Array.from({ length: rows }, (_, index) => index);
  const columns = headlineKeys.map((_, key) =>
    Float64Array.from(timesMs, (time) => Math.sqrt(time + key + 2)),
  );
  hub.history.answer = (hostId) => ({ hostId, keys: headlineKeys, timesMs, columns });
  const since = { epoch: 1, offset: 1, timeMs: hub.time.now() - 1000 };
  slow.socket.once('frame', () => tcpOf(slow.socket).pause());
  await slow.subscribe('fleet', undefined, since);
  let sent = -1;
  while (sent !== hub.gateway.figures().framesSent) {
    sent = hub.gateway.figures().framesSent;
    for (let index = 0; index < 10; index++) await quick.settle();
  }
  expect(sent).toBeLessThan(hosts);
  tcpOf(slow.socket).resume();
  await expect.poll(() => slow.backfills.length, { timeout: 20_000 }).toBe(hosts);
});

test('messages are never left out: a client that does not read them is ended, others get them all', async () => {
  await slow.subscribe('events');
  await quick.subscribe('events');
  tcpOf(slow.socket).pause();
  const text = 'x'.repeat(100_000);
  let id = 0;
  while (hub.gateway.figures().clients === 2) {
    expect(++id).toBeLessThan(1000);
    hub.events.tell(eventOf(id, { text }));
    await quick.settle();
    hub.time.pass(1000);
  }
  expect(quick.messages).toHaveLength(id + 1);
  expect(quick.holes).toBe(0);
  tcpOf(slow.socket).resume();
  await slow.untilClosed();
});

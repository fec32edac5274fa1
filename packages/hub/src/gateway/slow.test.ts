import type { Socket as TcpSocket } from 'node:net';
import { headlineKeys } from '@openmanager/protocol';
import type { Socket } from 'socket.io-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { alertOf, eventOf } from '../../test/gateway/fakes.ts';
import { Follower, startHub, stateOf, type TestHub } from '../../test/gateway/hub.ts';

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

/** A tick of many bytes, delivered to `quick`. */
async function tick(value: number): Promise<void> {
  hub.live.set(
    A,
    KEYS.map((_, index) => 1e9 + value * 7919 + index * (value % 7)),
    { keys: KEYS },
  );
  hub.time.pass(20);
  await quick.settle();
}

test('a client that does not read holds one window, gets the newest state when it does, and holds up nobody', async () => {
  await tick(0);
  await slow.subscribe(`host:${A}`);
  await quick.subscribe(`host:${A}`);
  await slow.settle();
  tcpOf(slow.socket).pause();
  let value = 1;
  // The kernel takes megabytes before anything waits in the hub; the window ends long before.
  for (let missed = 0; missed < 50; value++) {
    expect(value).toBeLessThan(1000);
    const before = hub.gateway.stats().framesSent;
    await tick(value);
    if (hub.gateway.stats().framesSent === before + 1) missed++;
  }
  expect(stateOf(quick.hosts)).toEqual(stateOf(hub.live.all()));
  expect(quick.holes).toBe(0);
  tcpOf(slow.socket).resume();
  await expect
    .poll(() => stateOf(slow.hosts), { timeout: 20_000 })
    .toEqual(stateOf(hub.live.all()));
  expect([slow.holes, slow.leftOut]).toEqual([0, 1]);
  await slow.settle();
  const { slowClients, framesCoalesced } = hub.gateway.stats();
  expect(framesCoalesced).toBeGreaterThanOrEqual(49);
  expect(slowClients).toMatchObject({ lagging: 0, evicted: 0 });
  expect(slowClients.worst).toMatchObject([{ subject: 'token', framesCoalesced, heldBytes: 0 }]);
  await tick(value);
  await slow.settle();
  expect(slow.kinds.slice(-2)).toEqual(['keyframe', 'delta']);
});

test('the bytes held for one client stay within its window', async () => {
  await tick(0);
  await slow.subscribe(`host:${A}`);
  await slow.settle();
  tcpOf(slow.socket).pause();
  const frames = Array.from({ length: 200 }, (_, value) => value + 1);
  for (const value of frames) await tick(value);
  hub.time.pass(9_000);
  const [worst] = hub.gateway.stats().slowClients.worst;
  expect(worst).toMatchObject({ lagging: true });
  expect(worst?.heldBytes).toBeGreaterThan(900_000);
  // The window, and the frame that reached over it.
  expect(worst?.heldBytes).toBeLessThan(1024 * 1024 + 50_000);
  tcpOf(slow.socket).resume();
});

test('who reads nothing is told after 8 s, cut after 15 s with the reason, and resumes where it was', async () => {
  hub.live.set(A, [1], { keys: ['k'] });
  await slow.subscribe('fleet');
  await slow.subscribe('alerts');
  await slow.settle();
  hub.live.set(A, [2]);
  hub.time.pass(20);
  // It answers pings and reads frames, and acknowledges none of them.
  await expect.poll(() => slow.kinds.at(-1)).toBe('delta');
  hub.time.pass(9_000);
  await expect.poll(() => slow.lagging).toEqual([{ lagging: true, framesCoalesced: 0 }]);
  hub.live.set(A, [3]);
  hub.time.pass(20);
  hub.alerts.tell(alertOf('a'));
  await slow.ask('clock');
  expect(slow.kinds).toHaveLength(2);
  await slow.settle();
  await expect.poll(() => slow.lagging.at(-1)?.lagging).toBe(false);
  await expect.poll(() => slow.messages.at(-1)?.payload.kind).toBe('change');
  expect(slow.kinds).toHaveLength(3);
  expect(slow.holes).toBe(0);
  hub.time.pass(16_000);
  await slow.untilClosed();
  expect(slow.closing).toMatchObject([{ code: 'slow-consumer' }]);
  expect(hub.gateway.stats().slowClients.evicted).toBe(1);
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
  while (sent !== hub.gateway.stats().framesSent) {
    sent = hub.gateway.stats().framesSent;
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
  while (hub.gateway.stats().clients === 2) {
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

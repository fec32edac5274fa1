import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { descriptorLimit } from './descriptors.ts';
import { Places, placesWithin, type PlaceLimits } from './places.ts';

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;
  destroyed = false;

  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }

  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.emit('close');
    return this;
  }
}

const limits: PlaceLimits = {
  total: 12,
  strangers: 4,
  strangersPerAddress: 4,
  readers: 5,
  perReader: 3,
  perAgent: 2,
};
let address = 0;
const come = (places: Places, from = `192.0.2.${address++}`): FakeSocket => {
  const socket = new FakeSocket(from);
  places.open(socket as unknown as Socket);
  return socket;
};
const asSocket = (socket: FakeSocket): Socket => socket as unknown as Socket;
const token = (tokenId: string) => ({ kind: 'token', tokenId }) as const;
const agent = (agentId: string) => ({ kind: 'agent', agentId }) as const;

test('strangers push one another out, never who has shown who it is', () => {
  const places = new Places(limits);
  const reader = come(places);
  places.known(asSocket(reader), token('a'));
  const one = come(places);
  places.known(asSocket(one), agent('b'));
  const flood = Array.from({ length: 100 }, () => come(places));
  expect([reader.destroyed, one.destroyed]).toEqual([false, false]);
  expect(flood.filter(({ destroyed }) => !destroyed)).toHaveLength(4);
  expect(places.stats()).toEqual({ strangers: 4, readers: 1, agents: 1, evicted: 96, refused: 0 });
});

test('one token has its share, and keeps no place from agents', () => {
  const places = new Places(limits);
  for (let index = 0; index < 20; index++) places.known(asSocket(come(places)), token('greedy'));
  expect(places.stats()).toMatchObject({ readers: 3, strangers: 4 });
  for (let index = 0; index < 5; index++) places.known(asSocket(come(places)), token(`t${index}`));
  expect(places.stats().readers).toBe(5);
  for (let index = 0; index < 3; index++) places.known(asSocket(come(places)), agent(`a${index}`));
  expect(places.stats()).toMatchObject({ readers: 5, agents: 3 });
});

test('when all places are taken by who is known, newcomers are refused and counted; a place comes back', () => {
  const places = new Places({ ...limits, total: 4, strangers: 1, readers: 4, perReader: 4 });
  const known = Array.from({ length: 4 }, () => come(places));
  // The last one had pushed the one before out while they were strangers.
  for (const socket of known) places.known(asSocket(socket), token('t'));
  const more = Array.from({ length: 3 }, () => {
    const socket = come(places);
    places.known(asSocket(socket), token('t'));
    return socket;
  });
  expect(places.stats()).toMatchObject({ readers: 4, refused: 0 });
  expect(come(places).destroyed).toBe(true);
  expect(places.stats()).toMatchObject({ readers: 4, refused: 1 });
  more[0]?.destroy();
  expect(come(places).destroyed).toBe(false);
});

test('a connection that is gone while its credentials were looked at takes no place', () => {
  const places = new Places(limits);
  const socket = come(places);
  socket.destroy();
  places.known(asSocket(socket), token('t'));
  expect(places.stats()).toMatchObject({ strangers: 0, readers: 0 });
});

test('places stay below the limit of the process', () => {
  for (const descriptors of [256, 1024, 1500, 20_000, Number.MAX_SAFE_INTEGER]) {
    const { total, strangers, strangersPerAddress, readers } = placesWithin(descriptors);
    expect(total).toBeLessThan(descriptors);
    expect(strangers + readers).toBeLessThan(total);
    expect(strangersPerAddress).toBeLessThanOrEqual(strangers);
  }
  expect(descriptorLimit()).toBeGreaterThan(0);
  expect(descriptorLimit('/nowhere')).toBe(1024);
});

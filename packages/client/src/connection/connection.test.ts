import { errors, type ErrorBody, type ErrorCode } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import { ModelHub } from '../../test/model-hub.ts';
import { VirtualEnvironment } from '../../test/virtual-environment.ts';
import { Client } from '../client.ts';
import type { ClientOptions } from '../types.ts';
import { ANSWER_WITHIN_MS, PROBE_EVERY_MS } from './connection.ts';

interface World {
  readonly hub: ModelHub;
  readonly environment: VirtualEnvironment;
  readonly client: Client;
}

function start(options: ClientOptions = {}): World {
  const hub = new ModelHub();
  const environment = new VirtualEnvironment(hub.dial);
  return {
    hub,
    environment,
    client: new Client({ url: 'http://hub.test', ...options }, environment),
  };
}

function connected(options: ClientOptions = {}): World {
  const world = start(options);
  world.client.connect();
  world.hub.answerDial();
  expect(world.client.connection.getSnapshot().status).toBe('connected');
  world.environment.pass(PROBE_EVERY_MS);
  return world;
}

/** Lets attempts come to their ends while time passes. */
function pass({ hub, environment }: World, spanMs: number, stepMs = 100): void {
  for (let passed = 0; passed < spanMs; passed += stepMs) {
    hub.answerDial();
    environment.pass(stepMs);
    hub.nowMs = environment.nowMs;
  }
  hub.answerDial();
}

const body = (code: ErrorCode): ErrorBody => ({
  code,
  message: errors[code].message,
  action: errors[code].action,
});

test('a connection that answers nothing is given up after the heartbeat, and made anew', () => {
  const world = connected();
  world.hub.answering = false;
  pass(world, PROBE_EVERY_MS + ANSWER_WITHIN_MS + 50);
  expect(world.client.connection.getSnapshot()).toMatchObject({ reason: 'heartbeat-timeout' });
  world.hub.answering = true;
  pass(world, 2000);
  expect(world.client.connection.getSnapshot().status).toBe('connected');
  expect(world.hub.dialled).toBe(2);
});

test('a connection busy with frames is not dead, even if an answer is late', () => {
  const world = connected();
  world.hub.answering = false;
  for (let second = 0; second < 30; second++) {
    pass(world, 1000);
    world.hub.send(Uint8Array.of(1));
  }
  expect(world.client.connection.getSnapshot().status).toBe('connected');
});

test('offline keeps trying slowly, and at once when the network or the user comes back', () => {
  const world = connected();
  world.hub.reachable = false;
  world.hub.breakConnection();
  pass(world, 20_000);
  const state = world.client.connection.getSnapshot();
  expect(state).toMatchObject({ status: 'offline', reason: 'network' });
  const dialled = world.hub.dialled;
  expect(dialled).toBeGreaterThanOrEqual(6);
  pass(world, 30_000);
  expect(world.hub.dialled).toBeGreaterThan(dialled);
  world.hub.reachable = true;
  world.environment.wake();
  world.hub.answerDial();
  expect(world.client.connection.getSnapshot().status).toBe('connected');
  expect(world.client.stats.getSnapshot().reconnects).toBe(1);
});

test('without slow attempts it ends, and connect starts afresh', () => {
  const world = start({ reconnectAttempts: 2, keepTrying: false });
  world.hub.reachable = false;
  world.client.connect();
  pass(world, 60_000);
  expect(world.client.connection.getSnapshot()).toEqual({
    status: 'closed',
    reason: 'attempts-exhausted',
  });
  expect(world.hub.dialled).toBe(3);
  expect(world.environment.waiting).toBe(0);
  world.hub.reachable = true;
  world.client.connect();
  world.hub.answerDial();
  expect(world.client.connection.getSnapshot().status).toBe('connected');
});

test.each(['unauthenticated', 'protocol-version', 'origin-not-allowed'] as const)(
  '%s is not tried again, neither at the handshake nor when the hub ends the connection with it',
  (code) => {
    const atHandshake = start();
    atHandshake.hub.refusal = body(code);
    atHandshake.client.connect();
    pass(atHandshake, 60_000);
    atHandshake.environment.wake();
    expect(atHandshake.client.connection.getSnapshot()).toEqual({
      status: 'closed',
      reason: 'refused',
      error: body(code),
    });
    expect(atHandshake.hub.dialled).toBe(1);
    const later = connected();
    later.hub.closing(body(code));
    expect(later.client.connection.getSnapshot()).toEqual({
      status: 'closed',
      reason: 'refused',
      error: body(code),
    });
  },
);

test.each([
  ['shutting-down', 'hub-stopping'],
  ['slow-consumer', 'network'],
] as const)('closing with %s reconnects with reason %s', (code, reason) => {
  const world = connected();
  world.hub.closing(body(code));
  expect(world.client.connection.getSnapshot()).toMatchObject({
    status: 'reconnecting',
    attempt: 1,
    reason,
  });
  expect(world.hub.connected).toBe(false);
});

test('an error that passes, such as too many requests, is tried again', () => {
  const world = start();
  world.hub.refusal = body('too-many-requests');
  world.client.connect();
  pass(world, 1000);
  world.hub.refusal = undefined;
  pass(world, 5000);
  expect(world.client.connection.getSnapshot().status).toBe('connected');
});

test('requests under way when the connection ends are answered with an error', async () => {
  const world = connected();
  world.hub.answering = false;
  const answer = world.client.loadHistory({ hostId: 'aaa', fromMs: 0, toMs: 1, maxPoints: 1 });
  world.hub.breakConnection();
  expect(await answer).toMatchObject({ ok: false, error: { code: 'internal' } });
});

test('the hub clock is learnt from the quickest answer', () => {
  const world = start();
  world.hub.nowMs = world.environment.nowMs + 60_000;
  world.client.connect();
  world.hub.answerDial();
  expect(world.client.hubNow() - world.environment.nowMs).toBe(60_000);
});

test('disconnecting leaves no timer behind, and a late word of the old connection changes nothing', () => {
  const world = connected();
  world.client.disconnect();
  expect(world.environment.waiting).toBe(0);
  world.environment.wake();
  world.hub.answerDial();
  expect(world.client.connection.getSnapshot()).toEqual({ status: 'closed', reason: 'user' });
});

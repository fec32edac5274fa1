/** The parts joined: what an agent sends reaches a client, and what a client does reaches the agent. */
import {
  decodeFrameV1,
  type Answer,
  type FrameV1,
  type Message,
  type Subscribed,
} from '@openmanager/protocol';
import * as parser from '@openmanager/protocol/parser';
import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HubHarness } from '../test/kit/hub-harness.ts';
import { TestAgent } from '../test/kit/test-agent.ts';

let harness: HubHarness;
let socket: Socket;
let frames: FrameV1[];
let messages: Message[];

beforeEach(async () => {
  harness = await HubHarness.open();
  frames = [];
  messages = [];
  socket = await connect();
});
afterEach(async () => {
  socket.disconnect();
  await harness.close();
});

async function connect(): Promise<Socket> {
  const { origin } = new URL(harness.hub.url);
  const client = io(harness.hub.url, {
    parser,
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    // The frames of version 1 say everything in one piece.
    auth: { version: 1 },
    extraHeaders: { cookie: harness.admin.cookie ?? '', origin },
  });
  // One topic of frames per test, so the last keyframe is the one that a delta is about.
  let keyCounts: number[] = [];
  client.on('frame', (bytes: Uint8Array) => {
    const frame = decodeFrameV1(new Uint8Array(bytes), keyCounts);
    if (frame.kind === 'keyframe') keyCounts = frame.hosts.map((host) => host.keys.length);
    frames.push(frame);
  });
  client.on('message', (message: Message) => messages.push(message));
  await new Promise<void>((resolve, reject) => {
    client.once('connect', resolve);
    client.once('connect_error', reject);
  });
  return client;
}

async function subscribe(topic: string): Promise<Answer<Subscribed>> {
  return (await socket.emitWithAck('subscribe', { topic })) as Answer<Subscribed>;
}

async function connectAgent(): Promise<{ agentId: string; agent: TestAgent }> {
  const { agentId, key } = await harness.hub.localAgentKey('box');
  const { agent } = await TestAgent.open(harness.hub.url, key);
  return { agentId, agent };
}

test('a sample above a threshold is a frame and an alert at once, and the alert is stored before it is told', async () => {
  const { agentId, agent } = await connectAgent();
  expect(await subscribe('fleet')).toMatchObject({ ok: true, recovery: 'fresh' });
  expect(await subscribe('alerts')).toMatchObject({ ok: true });
  const sampleTimeMs = Date.now();
  agent.batch(1, { timesMs: [sampleTimeMs], values: [0.97, 0.2, 10] });
  await vi.waitFor(() =>
    expect(messages.some((message) => message.payload.kind === 'change')).toBe(true),
  );
  const change = messages.find((message) => message.payload.kind === 'change');
  expect(change?.payload).toMatchObject({
    alerts: [{ hostId: agentId, hostname: 'box', state: 'firing', value: 0.97, sampleTimeMs }],
  });
  await vi.waitFor(() =>
    expect(
      frames.some(
        (frame) =>
          frame.kind !== 'backfill' &&
          frame.hosts.some((host) => host.timeMs === sampleTimeMs && host.priority !== 'low'),
      ),
    ).toBe(true),
  );
  // The promise is a second from sample to alert; the time is in the message itself.
  expect((change?.timeMs ?? Infinity) - sampleTimeMs).toBeLessThan(1000);
});

test('looking at a host makes its agent send every second', async () => {
  const { agentId, agent } = await connectAgent();
  expect(await agent.next('cadence')).toMatchObject({ intervalMs: 5000 });
  await subscribe(`host:${agentId}`);
  expect(await agent.next('cadence')).toMatchObject({ intervalMs: 1000, perCore: true });
});

test('history is answered from the store, unknown topics with an error, and the connection goes on', async () => {
  const { agentId, agent } = await connectAgent();
  const timeMs = Date.now();
  agent.batch(1, { timesMs: [timeMs] });
  await agent.next('ack');
  const request = { hostId: agentId, fromMs: timeMs, toMs: timeMs, maxPoints: 10 };
  expect(await socket.emitWithAck('history', request)).toMatchObject({
    ok: true,
    timesMs: [timeMs],
    stepMs: 0,
  });
  expect(await socket.emitWithAck('history', { ...request, hostId: 'nobody' })).toMatchObject({
    ok: false,
    error: { code: 'not-found' },
  });
  expect(await subscribe('cpu')).toMatchObject({ ok: false, error: { code: 'unknown-topic' } });
  expect(await subscribe('system')).toMatchObject({ ok: true });
  await vi.waitFor(() =>
    expect(messages.some((message) => message.payload.topic === 'system')).toBe(true),
  );
});

test('signing out cuts the connection of that session', async () => {
  const closed = new Promise((resolve) => socket.once('disconnect', resolve));
  await harness.admin.send('/api/v1/auth/logout', { method: 'POST' });
  await closed;
  await expect(connect()).rejects.toMatchObject({ data: { code: 'unauthenticated' } });
});

test('a stop says that the hub stops', async () => {
  const told = new Promise((resolve) => socket.once('closing', resolve));
  await harness.hub.stop();
  expect(await told).toMatchObject({ code: 'shutting-down' });
  await harness.start();
});

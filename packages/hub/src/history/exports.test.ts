/** Who does not read an export holds up nobody else's. */
import { get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HubHarness } from '../../test/kit/hub-harness.ts';

let harness: HubHarness;
beforeEach(async () => {
  harness = await HubHarness.open();
  const nowMs = Date.now();
  // More than a socket holds.
  const rows = 40_000;
  const { agentId } = await harness.hub.localAgentKey('box');
  await harness.hub.backfill(agentId, {
    keys: ['system.cpu.utilization', 'system.memory.utilization', 'system.uptime'],
    timesMs: Array.from({ length: rows }, (_, n) => nowMs - (rows - n) * 1_000),
    columns: Array.from({ length: 3 }, (_, of) =>
      Float64Array.from({ length: rows }, (_, n) => Math.sin(n * (of + 1))),
    ),
  });
});
afterEach(() => harness.close());

const PATH = '/api/v1/export?format=openmetrics';

async function unread(headers: Record<string, string>): Promise<IncomingMessage> {
  const [answer] = (await once(
    get(new URL(PATH, harness.hub.url), { agent: false, headers }),
    'response',
  )) as [IncomingMessage];
  answer.on('error', () => undefined);
  return answer.pause();
}

test(
  'an export that is not read: its owner has no second one, everybody else has',
  { tags: ['security'] },
  async () => {
    const make = async (name: string): Promise<Record<string, string>> => {
      const { secret } = (await harness.admin.send('/api/v1/tokens', { body: { name } })).body as {
        secret: string;
      };
      return { authorization: `Bearer ${secret}` };
    };
    const [one, two] = [await make('one'), await make('two')];
    const held = await unread(one);
    expect(held.statusCode).toBe(200);
    expect((await harness.client().send(PATH, { headers: one })).status).toBe(429);
    expect((await harness.client().send(PATH, { headers: two })).status).toBe(200);
    expect((await harness.admin.send(PATH)).status).toBe(200);
    held.destroy();
    await expect
      .poll(async () => (await harness.client().send(PATH, { headers: one })).status, {
        timeout: 20_000,
      })
      .toBe(200);
  },
);

/** An import ends with its client, and keeps no hub from stopping. */
import { request } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { figure } from '../../../../scripts/proof/kit.ts';
import { HubHarness } from '../../test/kit/hub-harness.ts';

let harness: HubHarness;
beforeEach(async () => {
  harness = await HubHarness.open();
});
afterEach(() => harness.close());

/** One sample of each of many hosts: each is a write of its own. */
function hosts(from: number, count: number): string {
  return Array.from({ length: count }, (_, n) => `up{host="h${from + n}"} 1 1700000000\n`)
    .join('')
    .concat('# EOF\n');
}

function upload(text: string): { readonly status: Promise<number>; destroy(): void } {
  const sent = request(new URL('/api/v1/import', harness.hub.url), {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'text/plain', cookie: harness.admin.cookie ?? '' },
  });
  const status = new Promise<number>((resolve) => {
    sent.on('response', (answer) => resolve(answer.resume().statusCode ?? 0));
    sent.on('error', () => resolve(0));
  });
  sent.end(text);
  return { status, destroy: () => sent.destroy() };
}

const isImporting = async (): Promise<boolean> => {
  const answer = await harness.admin.send('/api/v1/import', {
    raw: '',
    headers: { 'content-type': 'text/plain', 'content-length': '0' },
  });
  return answer.status === 429;
};
const waiting = { timeout: 10_000, interval: 20 };

test(
  'an import of 100,000 hosts ends with its client',
  { tags: ['security'] },
  async ({ task }) => {
    const running = upload(hosts(0, 100_000));
    await vi.waitFor(async () => expect(await isImporting()).toBe(true), waiting);
    const from = performance.now();
    running.destroy();
    await vi.waitFor(async () => expect(await isImporting()).toBe(false), waiting);
    // All of it takes a minute.
    const ms = Math.round(performance.now() - from);
    expect(ms).toBeLessThan(8_000);
    // Another may run, and what came of the first is whole.
    expect(await upload(hosts(0, 10)).status).toBe(200);
    figure(task, `${ms} ms`);
  },
);

test('a stop during an import takes less than 3 s', { tags: ['security'] }, async ({ task }) => {
  const running = upload(hosts(0, 100_000));
  await vi.waitFor(async () => expect(await isImporting()).toBe(true), waiting);
  const from = performance.now();
  await harness.hub.stop();
  const ms = Math.round(performance.now() - from);
  expect(ms).toBeLessThan(3_000);
  expect(await running.status).not.toBe(200);
  figure(task, `${ms} ms`);
});

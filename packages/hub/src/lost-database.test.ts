/** A hub whose database was lost says so and starts nothing anew by itself. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Health } from '@openmanager/protocol';
import { expect, test, vi } from 'vitest';
import { figure } from '../../../scripts/proof/kit.ts';
import { HubHarness } from '../test/kit/hub-harness.ts';
import { TestAgent } from '../test/kit/test-agent.ts';

test(
  'database deleted while the hub runs, then missing beside secrets.key: down within 10 s, live from memory, no start without --new, no administrator’s link by itself',
  { tags: ['faults'] },
  async ({ task }) => {
    const harness = await HubHarness.open({ logLevel: 'info' });
    try {
      const { key } = await harness.hub.localAgentKey('box');
      const { agent } = await TestAgent.open(harness.hub.url, key);
      agent.batch(1);
      await agent.next('ack');
      const data = join(harness.folder, 'data');
      rmSync(join(data, 'openmanager.db'));
      const before = performance.now();
      await vi.waitFor(
        async () => {
          const { status, body } = await harness.admin.send('/api/v1/health');
          expect(status).toBe(503);
          expect((body as Health).problems?.join()).toContain('deleted, moved or replaced');
        },
        { timeout: 10_000, interval: 100 },
      );
      figure(task, `503 after ${Math.round(performance.now() - before)} ms`);
      agent.batch(2);
      await agent.next('unstored');
      expect(agent.count('ack')).toBe(0);
      expect((await harness.admin.send('/api/v1/hosts')).body).toMatchObject([
        { status: 'online' },
      ]);
      await harness.hub.stop();

      rmSync(join(data, 'openmanager.db'), { force: true });
      for (const ending of ['-wal', '-shm'])
        rmSync(join(data, `openmanager.db${ending}`), { force: true });
      const refusal: unknown = await harness.start().catch((error: unknown) => error);
      expect(refusal).toMatchObject({ name: 'HubError', code: 'missing' });
      expect(String(refusal)).toContain('--new');

      await harness.start({ startAnew: true });
      expect(harness.hub.setupLink).not.toBeNull();
      await harness.hub.stop();
      // From here on it is a database like any other.
      await harness.start();
    } finally {
      await harness.close();
    }
  },
);

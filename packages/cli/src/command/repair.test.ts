import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HubHarness } from '../../../hub/test/kit/hub-harness.ts';
import { TestAgent } from '../../../hub/test/kit/test-agent.ts';
import { main } from '../main.ts';

let out: string[];
let err: string[];
beforeEach(() => {
  [out, err] = [[], []];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line));
  vi.spyOn(console, 'error').mockImplementation((line: string) => void err.push(line));
});
afterEach(() => void vi.restoreAllMocks());

test(
  'a hub is stopped, its file is damaged, checked and repaired, and the hub goes on with what is whole',
  { tags: ['faults'] },
  async () => {
    const harness = await HubHarness.open();
    try {
      const folder = join(harness.folder, 'data');
      const { key, agentId } = await harness.hub.localAgentKey('box');
      const { agent } = await TestAgent.open(harness.hub.url, key);
      for (let seq = 1; seq <= 50; seq++)
        agent.batch(seq, { timesMs: [Date.now() - 100_000 + seq * 1000] });
      await agent.next('ack', (ack) => ack.seq === 50);
      expect(await main(['check', folder], {})).toBe(2);
      expect(err.join()).toContain('a hub uses this folder');
      await harness.hub.stop();

      expect(await main(['check', folder], {})).toBe(0);
      expect(out.at(-1)).toContain('Everything is whole: 1 host');
      // The first page has the schema: without it SQLite does not open the file.
      const file = join(folder, 'openmanager.db');
      const bytes = readFileSync(file);
      bytes.fill(0xff, 0, 4096);
      writeFileSync(file, bytes);
      await expect(harness.start()).rejects.toThrow('openmanager repair');
      expect(await main(['check', folder], {})).toBe(1);
      expect(await main(['repair', folder, '--dry-run'], {})).toBe(1);
      expect(readFileSync(file).equals(bytes)).toBe(true);
      expect(await main(['repair', folder, '--json'], {})).toBe(1);
      expect(JSON.parse(out.at(-1) ?? '')).toMatchObject({ whole: false, kept: { hosts: 1 } });
      expect(await main(['check', folder, '--lang', 'ko'], {})).toBe(0);
      expect(out.at(-1)).toContain('모두 온전합니다');
      await main(['check', folder, '--lang', 'en'], {});

      await harness.start();
      const series = await harness.admin.send(`/api/v1/hosts/${agentId}/series`);
      expect([series.status, series.text.includes('system.cpu.utilization')]).toEqual([200, true]);
    } finally {
      await harness.close();
    }
  },
);

test('where there is no database, that is said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'openmanager-none-'));
  expect(await main(['repair', folder], {})).toBe(2);
  expect(err.join()).toContain('there is no database');
  rmSync(folder, { recursive: true });
});

/** An agent in a network namespace without any network: the kernel refuses each connection in the tick of connect. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { needs } from '../../../scripts/peers/needs.ts';
import { peerPath } from '../../../scripts/peers/table.ts';
import { figure } from '../../../scripts/proof/kit.ts';
import type { AgentStats } from './options.ts';

const CHILD = fileURLToPath(new URL('../test/agent-process.ts', import.meta.url));

test(
  'no network (ENETUNREACH in the tick of connect): the agent samples, spools and tries again',
  { ...needs('linux', 'root', 'unshare'), tags: ['faults'] },
  async ({ task }) => {
    const folder = mkdtempSync(join(tmpdir(), 'agent-test-'));
    const child = spawn(
      peerPath('unshare'),
      ['-n', process.execPath, '--conditions=source', CHILD, 'http://192.0.2.10:8787', folder],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    try {
      let errors = '';
      child.stderr.on('data', (chunk) => (errors += String(chunk)));
      let stats: AgentStats | undefined;
      const lines = createInterface({ input: child.stdout });
      lines.on('line', (line) => (stats = JSON.parse(line) as AgentStats));
      await expect
        .poll(() => stats?.samplesTaken ?? 0, { timeout: 20_000 })
        .toBeGreaterThanOrEqual(6);
      await expect.poll(() => stats?.spoolBytes ?? 0, { timeout: 20_000 }).toBeGreaterThan(0);
      expect(errors).toContain('the network is down');
      expect(errors).not.toContain('    at ');
      child.kill();
      const [code] = (await once(child, 'exit')) as [number | null];
      expect(code).toBe(0);
      figure(task, `${stats?.samplesTaken} samples kept, exit 0`);
    } finally {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

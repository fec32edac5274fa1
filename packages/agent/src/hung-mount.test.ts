/** Two FUSE filesystems that never answer, in a mount namespace of their own, under a whole agent. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { needs } from '../../../scripts/peers/needs.ts';
import { peerPath } from '../../../scripts/peers/table.ts';
import { figure } from '../../../scripts/proof/kit.ts';
import { hungMounts } from '../test/hung-mount.ts';
import { keptInside, ownMounts } from '../test/own-mounts.ts';

const CHILD = fileURLToPath(new URL('../test/hung-process.ts', import.meta.url));

interface Told {
  readonly samples: number;
  readonly stuck: readonly string[];
  readonly answered: number;
}

test(
  'two filesystems hang: sampling goes on, both are named, others are read, and SIGTERM ends the process',
  { ...needs('linux', 'root', 'fuse', 'unshare'), tags: ['faults'] },
  async ({ task }) => {
    const folder = mkdtempSync(join(tmpdir(), 'agent-hung-'));
    const places = ['one', 'two'].map((name) => join(folder, name));
    // In a chroot no mount but this one has a disk.
    const healthy = join(folder, 'healthy');
    for (const place of [healthy, ...places]) mkdirSync(place);
    const command = `${process.execPath} --conditions=source ${CHILD}`;
    const child = spawn(
      peerPath('unshare'),
      [
        ...ownMounts,
        '--kill-child',
        'bash',
        '-c',
        `${keptInside} && mount --bind ${healthy} ${healthy} && ${hungMounts(places, command)}; exit $?`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
    );
    try {
      let told: (Told & { pid: number }) | undefined;
      createInterface({ input: child.stdout }).on('line', (line) => {
        told = JSON.parse(line) as Told & { pid: number };
      });
      await expect.poll(() => told?.stuck.length, { timeout: 20_000 }).toBe(2);
      const { samples } = told as Told;
      await expect.poll(() => told?.samples, { timeout: 10_000 }).toBeGreaterThan(samples + 5);
      expect(told?.stuck.map((key) => places.some((place) => key.includes(place)))).toEqual([
        true,
        true,
      ]);
      expect(told?.answered).toBeGreaterThan(0);
      const before = performance.now();
      process.kill((told as { pid: number }).pid, 'SIGTERM');
      await once(child, 'exit');
      const ms = Math.round(performance.now() - before);
      expect(ms).toBeLessThan(3_000);
      figure(task, `2 hung named, ${told?.answered} read, ended in ${ms} ms`);
    } finally {
      if (child.exitCode === null && child.pid !== undefined)
        try {
          process.kill(-child.pid, 'SIGKILL');
        } catch {
          // Gone already.
        }
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

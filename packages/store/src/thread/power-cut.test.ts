/**
 * A disk that loses its power: the store writes on an ext4 image on a loop device, and at random moments the image is
 * copied as it is, in one step (a reflink on XFS), and mounted. Whatever was acknowledged before must be in the copy.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { needs } from '../../../../scripts/peers/needs.ts';
import { peerPath } from '../../../../scripts/peers/table.ts';
import { figure, rounds } from '../../../../scripts/proof/kit.ts';
import { all, opened } from '../../test/stores.ts';

const child = fileURLToPath(new URL('../../test/crash-child.ts', import.meta.url));
const CUTS = rounds(5, 200);
const run = (command: string, ...args: string[]): void => {
  execFileSync(command, args, { stdio: 'ignore' });
};

test(
  `power lost at ${CUTS} random moments: what was acknowledged is there, and in order`,
  { ...needs('linux', 'root', 'loop devices', 'mkfs.ext4', 'mkfs.xfs'), tags: ['faults'] },
  async ({ task }) => {
    const folder = mkdtempSync(join(tmpdir(), 'openmanager-power-'));
    const [outer, disk, copy] = ['outer', 'disk', 'copy'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    for (const place of [outer, disk, copy]) mkdirSync(place);
    const mounted: string[] = [];
    const mount = (image: string, place: string): void => {
      run('mount', '-o', 'loop', image, place);
      mounted.push(place);
    };
    const unmount = (place: string): void => {
      run('umount', place);
      mounted.splice(mounted.indexOf(place), 1);
    };
    try {
      run('truncate', '-s', '1G', join(folder, 'outer.img'));
      run(peerPath('mkfs.xfs'), '-q', '-m', 'reflink=1', join(folder, 'outer.img'));
      mount(join(folder, 'outer.img'), outer);
      run('truncate', '-s', '64M', join(outer, 'disk.img'));
      run(peerPath('mkfs.ext4'), '-q', join(outer, 'disk.img'));
      mount(join(outer, 'disk.img'), disk);
      const writer = spawn(
        process.execPath,
        ['--conditions=source', child, join(disk, 'data'), '0', '1', '0'],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let acknowledged = 0;
      let rest = '';
      let begun = (): void => undefined;
      const first = new Promise<void>((resolve) => (begun = resolve));
      writer.stdout.on('data', (text: Buffer) => {
        const lines = (rest + text.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) acknowledged = Math.max(acknowledged, Number(line) || 0);
        if (acknowledged > 0) begun();
      });
      // On a machine that is busy it takes its time to come up.
      await first;
      const cuts: { readonly image: string; readonly acknowledged: number }[] = [];
      for (let cut = 0; cut < CUTS; cut++) {
        await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 120));
        const before = acknowledged;
        const image = join(outer, `cut${cut}.img`);
        run('cp', '--reflink=always', join(outer, 'disk.img'), image);
        cuts.push({ image, acknowledged: before });
      }
      writer.kill('SIGKILL');
      await once(writer, 'close');
      for (const { image, acknowledged: last } of cuts) {
        mount(image, copy);
        const store = await opened(join(copy, 'data'));
        const { keys, columns } = await store.query({ hostId: 'agent', ...all, maxPoints: 1e6 });
        const seqs = [...(columns[keys.indexOf('seq')] ?? [])].toSorted((a, b) => a - b);
        expect(seqs).toEqual(seqs.map((_, index) => index + 1));
        expect(seqs.length).toBeGreaterThanOrEqual(last);
        expect((await store.historyStats()).damaged).toBe(0);
        await store.close();
        unmount(copy);
      }
      expect(cuts.at(-1)?.acknowledged).toBeGreaterThan(0);
      figure(task, `${acknowledged} acknowledged: lost 0, twice 0, damaged 0`);
    } finally {
      for (const place of mounted.toReversed()) run('umount', '-l', place);
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

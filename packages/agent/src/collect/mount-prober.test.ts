import type { StatsFs } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { figure } from '../../../../scripts/proof/kit.ts';
import { type MountAnswer, MountProber, type ProbedMount } from './mount-prober.ts';
import { parseMounts } from './mounts.ts';

const stats = { blocks: 100 } as StatsFs;
const mount = (mountpoint: string, group = mountpoint): ProbedMount => ({
  mountpoint,
  group,
  remote: true,
});

/** A machine whose hung mounts answer only when they are told to. */
class Machine {
  readonly hung = new Set<string>();
  readonly asked: string[] = [];
  readonly open = new Map<string, (answer: MountAnswer) => void>();
  mostOpen = 0;
  readonly prober: MountProber;

  constructor(threads: number) {
    this.prober = new MountProber({
      root: '',
      onFile: () => {},
      threads,
      deadlineMs: 2_000,
      ask: (path, _isNew, answer) => {
        this.asked.push(path);
        this.open.set(path, answer);
        this.mostOpen = Math.max(this.mostOpen, this.open.size);
        if (!this.hung.has(path)) setTimeout(() => this.answer(path), 1);
      },
    });
  }

  answer(path: string): void {
    const answer = this.open.get(path);
    this.open.delete(path);
    answer?.(stats);
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe.each([4, 16])('with %i threads', (threads) => {
  test(
    `${threads - 2} hung mounts: every healthy one is read in each round, and a thread is left (${threads} threads)`,
    { tags: ['faults'] },
    ({ task }) => {
      const machine = new Machine(threads);
      const sick = Array.from({ length: threads - 2 }, (_, at) => mount(`/hung${at}`));
      const well = Array.from({ length: 40 }, (_, at) => mount(`/well${at}`));
      for (const { mountpoint } of sick) machine.hung.add(mountpoint);
      for (let round = 0; round < 5; round++) {
        machine.asked.length = 0;
        machine.prober.round([...sick, ...well]);
        vi.advanceTimersByTime(5_000);
        expect(well.filter(({ mountpoint }) => !machine.asked.includes(mountpoint))).toEqual([]);
        for (const each of well) expect(machine.prober.answer(each)).toBe(stats);
        for (const each of sick) expect(machine.prober.isStuck(each)).toBe(true);
      }
      expect(machine.mostOpen).toBeLessThan(threads);
      figure(task, `${sick.length} hung, 40 of 40 healthy read each round`);
    },
  );
});

test('mounts of one server take one thread together, and all are stuck while one is', () => {
  const machine = new Machine(4);
  const nas = Array.from({ length: 30 }, (_, at) => mount(`/nas${at}`, 'nfs nas:'));
  const root = mount('/');
  machine.prober.round([...nas, root]);
  vi.advanceTimersByTime(1_000);
  expect(machine.prober.answer(nas[29] as ProbedMount)).toBe(stats);
  for (const { mountpoint } of nas) machine.hung.add(mountpoint);
  machine.asked.length = 0;
  for (let round = 0; round < 3; round++) {
    machine.prober.round([...nas, root]);
    vi.advanceTimersByTime(5_000);
  }
  expect(machine.asked.filter((path) => path !== '/')).toEqual(['/nas0']);
  expect(machine.asked.filter((path) => path === '/')).toHaveLength(3);
  expect(nas.every((each) => machine.prober.isStuck(each))).toBe(true);
  expect(machine.prober.answer(nas[29] as ProbedMount)).toBeUndefined();
  // The server is back.
  machine.hung.clear();
  machine.answer('/nas0');
  machine.prober.round([...nas, root]);
  vi.advanceTimersByTime(1_000);
  expect(nas.every((each) => machine.prober.answer(each) === stats)).toBe(true);
});

test('groups are of one server, one pool, or one device', () => {
  const groups = parseMounts(
    [
      '1 0 0:1 / /a rw - nfs4 nas:/a rw',
      '2 0 0:1 / /b rw - nfs4 nas:/b rw',
      '3 0 0:2 / /c rw - cifs //box/share rw',
      '4 0 0:3 / /d rw - zfs tank/x/y rw',
      '5 0 0:4 / /e rw - zfs tank rw',
      '6 0 8:1 / /f rw - ext4 /dev/sda1 rw',
      '7 0 8:2 / /g rw - ext4 /dev/sda2 rw',
    ].join('\n'),
  ).map(({ group }) => group);
  expect(groups).toEqual([
    'nfs4 nas:',
    'nfs4 nas:',
    'cifs //box',
    'zfs tank',
    'zfs tank',
    '8:1',
    '8:2',
  ]);
});

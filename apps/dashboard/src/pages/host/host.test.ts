import { seriesKey, type ProcessRow } from '@openmanager/protocol';
import { describe, expect, test } from 'vitest';
import type { Translate } from '../../i18n/locale.ts';
import { planCharts } from './charts.ts';
import { filesystems } from './filesystem-list.ts';
import { notListed, sourceOf } from './not-listed.ts';
import { sortProcesses } from './sort-processes.ts';

const t: Translate = (id) => id;
const plan = (keys: readonly string[], id: string) =>
  planCharts(keys, t).find((one) => one.id === id);

describe('planCharts', () => {
  test('CPU modes are stacked; without them the total is drawn', () => {
    const total = seriesKey('system.cpu.utilization');
    const user = seriesKey('system.cpu.utilization', { 'cpu.mode': 'user' });
    expect(plan([total], 'cpu')?.series.map((one) => one.key)).toEqual([total]);
    expect(plan([total, user], 'cpu')).toMatchObject({ stacked: true, series: [{ key: user }] });
  });

  test('cores in their order, and none for a single one', () => {
    const core = (number: number) =>
      seriesKey('system.cpu.utilization', { 'cpu.logical_number': String(number) });
    expect(plan([core(0)], 'cores')).toBeUndefined();
    expect(plan([core(10), core(2), core(0)], 'cores')?.series.map((one) => one.key)).toEqual([
      core(0),
      core(2),
      core(10),
    ]);
  });

  test('devices replace the sum over them', () => {
    const io = (direction: string, name?: string) =>
      seriesKey('system.network.io', {
        'network.io.direction': direction,
        ...(name === undefined ? {} : { 'network.interface.name': name }),
      });
    expect(plan([io('receive')], 'system.network.io')?.series.map((one) => one.key)).toEqual([
      io('receive'),
    ]);
    expect(
      plan(
        [io('receive'), io('receive', 'eth0'), io('transmit', 'eth0')],
        'system.network.io',
      )?.series.map((one) => one.key),
    ).toEqual([io('receive', 'eth0'), io('transmit', 'eth0')]);
  });

  test('a host without series has no charts', () => {
    expect(planCharts([], t)).toEqual([]);
  });

  test('a hundred devices do not make a hundred lines', () => {
    const keys = Array.from({ length: 100 }, (_, index) =>
      seriesKey('system.disk.io_time', { 'system.device': `sd${index}` }),
    );
    expect(plan(keys, 'system.disk.io_time')).toMatchObject({ undrawn: 84 });
    expect(plan(keys, 'system.disk.io_time')?.series).toHaveLength(16);
    const both = keys.flatMap((key) => [
      key.replace('io_time{', 'io{disk.io.direction="read",'),
      key.replace('io_time{', 'io{disk.io.direction="write",'),
    ]);
    expect(plan(both, 'system.disk.io')).toMatchObject({ undrawn: 92 });
    expect(plan(both, 'system.disk.io')?.series).toHaveLength(16);
  });
});

test('filesystems are joined by mountpoint, fullest first; the headline series is none of them', () => {
  const at = (metric: string, mountpoint: string, more: Record<string, string> = {}) =>
    seriesKey(metric, {
      'system.filesystem.mountpoint': mountpoint,
      'system.device': '/dev/vda',
      'system.filesystem.type': 'ext4',
      ...more,
    });
  const list = filesystems({
    'system.filesystem.utilization': 0.9,
    [at('system.filesystem.utilization', '/')]: 0.2,
    [at('system.filesystem.utilization', '/var')]: 0.9,
    [at('system.filesystem.limit', '/var')]: 1000,
    [at('system.filesystem.usage', '/var', { 'system.filesystem.state': 'free' })]: 100,
    [at('system.filesystem.inodes.utilization', '/var')]: 0.5,
  });
  expect(list.map((one) => one.mountpoint)).toEqual(['/var', '/']);
  expect(list[0]).toMatchObject({
    device: '/dev/vda',
    type: 'ext4',
    limitBytes: 1000,
    freeBytes: 100,
    inodes: 0.5,
  });
});

test('processes sort by any column and keep one order among equals', () => {
  const row = (pid: number, name: string, cpuUtilization: number, memoryBytes = 0): ProcessRow => ({
    pid,
    name,
    user: 'root',
    cpuUtilization,
    memoryBytes,
  });
  const rows = [row(3, 'b', 0), row(1, 'c', 0.5), row(2, 'a', 0), row(9, 'd', 0, 10)];
  const compare = (a: string, b: string): number => a.localeCompare(b);
  const pids = (key: keyof ProcessRow, descending: boolean) =>
    sortProcesses(rows, { key, descending }, compare).map((one) => one.pid);
  expect(pids('cpuUtilization', true)).toEqual([1, 9, 2, 3]);
  expect(pids('name', false)).toEqual([2, 3, 1, 9]);
  expect(pids('pid', true)).toEqual([9, 3, 2, 1]);
});

test('what the agent does not list is known by its source, and the source of a chart by its metric', () => {
  const key = (source: string) => seriesKey('openmanager.agent.not_listed', { source });
  const series = { 'system.uptime': 5, [key('filesystem')]: 6, [key('disk')]: 0 };
  expect([...notListed(series)]).toEqual([['filesystem', 6]]);
  expect(sourceOf('system.network.errors')).toBe('network');
  expect(sourceOf('hw.temperature')).toBe('temperature');
  expect(sourceOf('system.memory.usage')).toBeUndefined();
});

describe('what the kernel counts', () => {
  test('stands under headings, and the first charts stay as they are', () => {
    const plans = planCharts(
      [
        'system.cpu.utilization',
        'system.linux.cpu.context_switches',
        'system.linux.conntrack.usage',
      ],
      t,
    );
    expect(plans.map(({ id, group }) => [id, group])).toEqual([
      ['cpu', undefined],
      ['system.linux.cpu.context_switches', 'kernel'],
      ['system.linux.conntrack.usage', 'network'],
    ]);
  });

  test('lines of one name are told apart by what differs between them', () => {
    const errors = (name: string, type: string): string =>
      seriesKey('system.linux.network.errors', {
        'network.interface.name': name,
        'network.io.direction': 'receive',
        'error.type': type,
      });
    const labels = plan(
      [errors('eth0', 'crc'), errors('eth1', 'crc'), errors('eth1', 'missed')],
      'system.linux.network.errors',
    )?.series.map(({ label }) => label);
    expect(labels).toEqual(['crc eth0', 'crc eth1', 'missed']);
    const fans = ['a', 'b'].map((id) =>
      seriesKey('hw.fan.speed', { 'hw.id': id, 'hw.name': `fan ${id}` }),
    );
    expect(plan(fans, 'hw.fan.speed')?.series.map(({ label }) => label)).toEqual([
      'fan a',
      'fan b',
    ]);
  });

  test('directions are named in words', () => {
    const opened = seriesKey('system.linux.tcp.opened', { 'network.io.direction': 'receive' });
    expect(plan([opened], 'system.linux.tcp.opened')?.series[0]?.label).toBe('rate.receiveShort');
  });
});

import {
  headlineKeys,
  hostFactsSchema,
  parseSeriesKey,
  processTableSchema,
  isKnownMetric,
  metricInfo,
} from '@openmanager/protocol';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { needs } from '../../../../scripts/peers/needs.ts';
import { LinuxCollector } from './linux.ts';
import { PortableCollector, type SystemInformation } from './portable.ts';

describe('this very machine', needs('linux'), () => {
  it('has all headline series, known names and values that can be', () => {
    let clock = 0;
    const collector = new LinuxCollector({ monotonic: () => clock });
    clock = 1_000;
    collector.sample(0, { perCore: true });
    // A step in which the kernel counts at least one tick.
    for (const until = performance.now() + 60; performance.now() < until;);
    clock = 2_000;
    const { keys, values } = collector.sample(0, { perCore: true });
    expect(keys).toEqual(expect.arrayContaining([...headlineKeys]));
    expect(new Set(keys).size).toBe(keys.length);
    for (const [at, key] of keys.entries()) {
      const { metric, attributes } = parseSeriesKey(key);
      expect(isKnownMetric(metric), key).toBe(true);
      expect(metricInfo(metric).attributes).toEqual(
        expect.arrayContaining(Object.keys(attributes)),
      );
      const value = values[at] as number;
      if (!Number.isNaN(value)) expect(value, key).toBeGreaterThanOrEqual(0);
      if (metricInfo(metric).unit === '1' && !Number.isNaN(value))
        expect(value, key).toBeLessThanOrEqual(1);
    }
    const value = (key: string): number => values[keys.indexOf(key)] as number;
    expect(value('system.cpu.utilization')).toBeGreaterThan(0);
    expect(value('system.memory.limit')).toBeGreaterThan(1e8);
    expect(value('system.process.count')).toBeGreaterThan(1);
    expect(value('system.uptime')).toBeGreaterThan(0);
    const table = v.parse(processTableSchema, collector.processes());
    // Which ones are on top is the machine's affair; that somebody uses memory is certain.
    expect(table.some(({ memoryBytes, name }) => memoryBytes > 0 && name !== '')).toBe(true);
    v.parse(hostFactsSchema, { ...collector.facts(), agentVersion: '1', demo: false });
    collector.close();
  });

  it('keeps the array of keys while the set of series is the same', () => {
    const collector = new LinuxCollector({ monotonic: () => 0 });
    const first = collector.sample(0, { perCore: false }).keys;
    expect(collector.sample(0, { perCore: false }).keys).toBe(first);
    expect(collector.sample(0, { perCore: true }).keys).not.toBe(first);
    collector.close();
  });
});

it('off Linux: same names from systeminformation, and what fails is left out', async () => {
  let rx = 0;
  let clock = 0;
  const si = {
    mem: () =>
      Promise.resolve({
        total: 1000,
        available: 250,
        active: 700,
        free: 100,
        cached: 100,
        buffers: 0,
        swaptotal: 100,
        swapused: 50,
        swapfree: 50,
      }),
    fsSize: () =>
      Promise.resolve([
        {
          fs: '/dev/disk1',
          type: 'APFS',
          size: 100,
          used: 45,
          available: 45,
          use: 50,
          mount: '/',
          rw: true,
        },
      ]),
    fsStats: () => Promise.reject(new Error('no such tool')),
    disksIO: () => Promise.resolve(null),
    networkStats: () =>
      Promise.resolve([
        {
          iface: 'en0',
          rx_bytes: (rx += 5_000),
          tx_bytes: 0,
          rx_errors: 0,
          tx_errors: 0,
          rx_dropped: 0,
          tx_dropped: 0,
        },
        { iface: 'lo0', rx_bytes: rx },
      ]),
    processes: () =>
      Promise.resolve({
        all: 2,
        list: [{ pid: 1, name: 'launchd', user: 'root', cpu: 1, memRss: 10 }],
      }),
    cpuTemperature: () => Promise.resolve({ main: -1 }),
  } as unknown as SystemInformation;
  const collector = new PortableCollector(si, () => clock);
  collector.sample(0, { perCore: false });
  await new Promise(setImmediate);
  clock = 5_000;
  collector.sample(0, { perCore: false });
  await new Promise(setImmediate);
  const { keys, values } = collector.sample(0, { perCore: true });
  const value = (key: string): number => values[keys.indexOf(key)] as number;
  expect(value('system.memory.utilization')).toBe(0.75);
  expect(value('system.network.io{network.io.direction="receive"}')).toBe(1_000);
  expect(value('system.filesystem.utilization')).toBe(0.5);
  expect(value('system.paging.utilization')).toBe(0.5);
  expect(keys).toContain('system.cpu.utilization{cpu.logical_number="0"}');
  expect(keys.some((key) => key.includes('lo0') || key.startsWith('hw.'))).toBe(false);
  expect(keys.every((key) => isKnownMetric(parseSeriesKey(key).metric))).toBe(true);
  expect(collector.processes()).toMatchObject([{ pid: 1, memoryBytes: 10 * 1024 }]);
});

it('off Linux: totals are over all devices, and those that are not listed are counted', async () => {
  const si = {
    mem: () =>
      Promise.resolve({
        total: 1000,
        available: 1500,
        active: 1,
        free: 1,
        cached: 1,
        buffers: 0,
        swaptotal: 0,
      }),
    fsSize: () =>
      Promise.resolve(
        Array.from({ length: 70 }, (_, at) => ({
          fs: `/dev/disk${at}`,
          type: 'APFS',
          size: 100,
          used: at === 69 ? 99 : 10,
          available: at === 69 ? 1 : 90,
          mount: `/Volumes/${at}`,
        })),
      ),
    networkStats: () =>
      Promise.resolve(
        Array.from({ length: 65 }, (_, at) => ({ iface: `en${at}`, rx_bytes: bytes })),
      ),
    fsStats: () => Promise.resolve(null),
    disksIO: () => Promise.resolve(null),
    cpuTemperature: () => Promise.resolve({ main: -1 }),
    processes: () => Promise.resolve({ all: 0, list: [] }),
  } as unknown as SystemInformation;
  let bytes = 0;
  let clock = 0;
  const collector = new PortableCollector(si, () => clock);
  collector.sample(0, { perCore: false });
  await new Promise(setImmediate);
  bytes = 5_000;
  clock = 5_000;
  collector.sample(0, { perCore: false });
  await new Promise(setImmediate);
  const { keys, values } = collector.sample(0, { perCore: false });
  const value = (key: string): number => values[keys.indexOf(key)] as number;
  expect(value('system.filesystem.utilization')).toBe(0.99);
  expect(keys.some((key) => key.includes('"/Volumes/69"'))).toBe(true);
  expect(value('openmanager.agent.not_listed{source="filesystem"}')).toBe(6);
  expect(value('system.network.io{network.io.direction="receive"}')).toBe(65 * 1_000);
  expect(value('openmanager.agent.not_listed{source="network"}')).toBe(1);
  expect(value('system.memory.utilization')).toBe(0);
});

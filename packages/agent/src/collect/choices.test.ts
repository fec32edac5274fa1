import { afterEach, describe, expect, it } from 'vitest';
import { metricOfKey } from '@openmanager/protocol';
import { type Fixture, fixture } from '../../test/fixture.ts';
import type { Log } from '../log.ts';
import { Choices } from './choices.ts';
import { LinuxCollector, type LinuxCollectorOptions, sourceNames } from './linux.ts';

const names = ['cpu', 'network', 'filesystem'];
let tree: Fixture | undefined;
afterEach(() => tree?.remove());

describe('entries', () => {
  it('exclude a source, or devices of it', () => {
    const choices = new Choices({ exclude: ['cpu', 'network=veth*', 'network=br-*'] }, names);
    expect(names.filter((name) => choices.runs(name))).toEqual(['network', 'filesystem']);
    expect(choices.of('network')).toEqual({ include: [], exclude: ['veth*', 'br-*'] });
    expect(choices.of('filesystem')).toBeUndefined();
    expect(choices.chosen('network')?.('veth12')).toBe(false);
    expect(choices.chosen('network')?.('eth0')).toBeUndefined();
  });

  it('include devices that are left out by default, or nothing but some sources', () => {
    const more = new Choices({ include: ['filesystem=tmpfs'] }, names);
    expect(names.every((name) => more.runs(name))).toBe(true);
    expect(more.chosen('filesystem')?.('/run', 'tmpfs')).toBe(true);
    const only = new Choices({ include: ['cpu', 'filesystem=/data'], exclude: ['cpu'] }, names);
    expect(names.filter((name) => only.runs(name))).toEqual(['filesystem']);
  });

  it.each([['CPU'], ['disks=sda'], ['']])('“%s” is refused with the names there are', (text) => {
    expect(() => new Choices({ exclude: [text] }, names)).toThrow(
      expect.objectContaining({
        code: 'invalid-option',
        action: expect.stringContaining('cpu, network') as string,
      }),
    );
  });
});

it('a device of a source that has none, and no device at all, are refused', () => {
  const refused = (exclude: string): Choices => new Choices({ exclude: [exclude] }, names, ['cpu']);
  expect(() => refused('cpu=0')).toThrow(/"cpu" has no devices/);
  expect(() => refused('network=')).toThrow(/names no device/);
  expect(() => refused('network=eth0')).not.toThrow();
});

describe('the collector', () => {
  const metricsOf = (options: LinuxCollectorOptions, logged: string[] = []): Set<string> => {
    const log: Log = (_level, message, fields) =>
      logged.push(`${message} ${fields?.['source'] ?? ''}`);
    const collector = new LinuxCollector({ root: tree?.root ?? '', log, ...options });
    const { keys } = collector.sample(0, { perCore: false });
    collector.close();
    return new Set(keys.map((key) => metricOfKey(key)));
  };
  const files = {
    '/proc/stat': 'cpu  10 10 10 10 10 10 10 10 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n',
    '/proc/loadavg': '0.1 0.2 0.3 1/100 5\n',
    '/proc/uptime': '100.0 50.0\n',
    '/proc/sys/kernel/random/entropy_avail': '256\n',
  };

  it('runs what is wanted', () => {
    tree = fixture(files);
    expect([...metricsOf({ include: ['load', 'uptime'] })]).toEqual([
      'system.linux.cpu.load_1m',
      'system.linux.cpu.load_5m',
      'system.linux.cpu.load_15m',
      'system.uptime',
      'openmanager.agent.collect.duration',
    ]);
    expect(metricsOf({ exclude: ['load'] })).not.toContain('system.linux.cpu.load_1m');
    expect(metricsOf({})).toContain('system.linux.entropy.available');
    expect(sourceNames).toEqual(expect.arrayContaining(['systemd', 'smart', 'gpu', 'entropy']));
  });

  it('tells how long sources take, and goes on when one fails', async () => {
    tree = fixture(files);
    const logged: string[] = [];
    const log: Log = (_level, message, fields) =>
      logged.push(`${message} ${fields?.['source'] ?? ''}`);
    let clock = 0;
    // Each reading of the clock is a millisecond after the one before.
    const collector = new LinuxCollector({ root: tree.root, log, monotonic: () => clock++ });
    const { LoadSource } = await import('./load.ts');
    const { read } = LoadSource.prototype;
    LoadSource.prototype.read = () => {
      throw new Error('broken');
    };
    try {
      collector.sample(0, { perCore: false });
      collector.sample(0, { perCore: false });
    } finally {
      LoadSource.prototype.read = read;
    }
    const { keys, values } = collector.sample(0, { perCore: false });
    collector.close();
    const value = (key: string): number | undefined => values[keys.indexOf(key)];
    expect(value('openmanager.agent.collect.failures{source="load"}')).toBe(2);
    expect(logged).toEqual(['a source cannot be read; the others go on load']);
    expect(value('openmanager.agent.collect.duration')).toBeGreaterThan(10);
    expect(value('system.uptime')).toBe(100);
    expect(collector.costs()['load']).toEqual({ maxMs: 1, failures: 2 });
  });
});

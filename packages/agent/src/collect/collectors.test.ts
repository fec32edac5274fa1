import { createServer, type Server } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  headlineKeys,
  hostFactsSchema,
  parseSeriesKey,
  processTableSchema,
  isKnownMetric,
  metricInfo,
} from '@openmanager/protocol';
import * as v from 'valibot';
import { afterEach, describe, expect, it } from 'vitest';
import { needs } from '../../../../scripts/peers/needs.ts';
import { decodeMessage, encodeCall, readProperty } from './dbus.ts';
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
    const collector = new LinuxCollector();
    const first = collector.sample(0, { perCore: false }).keys;
    expect(collector.sample(0, { perCore: false }).keys).toBe(first);
    expect(collector.sample(0, { perCore: true }).keys).not.toBe(first);
    collector.close();
  });
});

describe('the system bus', () => {
  let folder: string;
  let server: Server | undefined;
  afterEach(async () => {
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    rmSync(folder, { recursive: true, force: true });
  });

  const returns = (body: Buffer): Buffer => {
    const head = Buffer.alloc(16);
    head.set(['l'.charCodeAt(0), 2, 0, 1]);
    head.writeUInt32LE(body.length, 4);
    return Buffer.concat([head, body]);
  };
  const signal = Buffer.from(returns(Buffer.alloc(3)));
  signal[1] = 4;

  /** A bus that answers as `answers` says, one message per call, in pieces of one byte. */
  async function bus(signIn: string, answers: Buffer[]): Promise<string> {
    folder = mkdtempSync(join(tmpdir(), 'bus-'));
    const path = join(folder, 'bus');
    server = createServer((socket) => {
      let received = Buffer.alloc(0);
      let signedIn = false;
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        if (!signedIn && received.includes('\r\n')) {
          signedIn = true;
          expect(received.toString('latin1')).toMatch(/^\0AUTH EXTERNAL [0-9a-f]+\r\n$/);
          received = Buffer.alloc(0);
          socket.write(signIn);
          return;
        }
        const begin = 'BEGIN\r\n';
        if (received.subarray(0, begin.length).toString() === begin)
          received = received.subarray(begin.length);
        for (let call = decodeMessage(received); call; call = decodeMessage(received)) {
          received = received.subarray(call.bytes);
          for (const byte of answers.shift() ?? Buffer.alloc(0)) socket.write(Buffer.of(byte));
        }
      });
    });
    await new Promise<void>((resolve) => server?.listen(path, resolve));
    return path;
  }

  const ask = (socketPath: string): Promise<number> =>
    readProperty({
      socketPath,
      destination: 'org.freedesktop.systemd1',
      path: '/org/freedesktop/systemd1',
      interface: 'a.b',
      property: 'NFailedUnits',
      timeoutMs: 2_000,
    });
  const three = returns(Buffer.from([1, 117, 0, 0, 3, 0, 0, 0]));

  it('tells the property, with signals in between', async () => {
    const path = await bus('OK 1234\r\n', [
      Buffer.concat([returns(Buffer.alloc(0)), signal]),
      three,
    ]);
    await expect(ask(path)).resolves.toBe(3);
  });

  it('fails clearly when the bus refuses, answers otherwise, or is not there', async () => {
    await expect(ask(await bus('REJECTED EXTERNAL\r\n', []))).rejects.toThrow(/refused/);
    await new Promise((resolve) => server?.close(resolve));
    await expect(
      ask(await bus('OK 1\r\n', [returns(Buffer.alloc(0)), returns(Buffer.from('text'))])),
    ).rejects.toThrow(/not a number/);
    await expect(ask(join(folder, 'nothing'))).rejects.toThrow();
  });

  it('makes messages as the specification lays them out', () => {
    folder = mkdtempSync(join(tmpdir(), 'bus-'));
    const bytes = encodeCall(7, {
      destination: 'd.e',
      path: '/p',
      interface: 'i.f',
      member: 'Get',
      texts: ['x', 'yz'],
    });
    expect(bytes.readUInt32LE(8)).toBe(7);
    const message = decodeMessage(bytes);
    expect(message?.bytes).toBe(bytes.length);
    expect(message?.body.toString('latin1')).toBe('\x01\0\0\0x\0\0\0\x02\0\0\0yz\0');
    expect(bytes.includes(Buffer.from('\x08\x01g\0\x02ss\0', 'latin1'))).toBe(true);
    expect(decodeMessage(bytes.subarray(0, -1))).toBeUndefined();
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

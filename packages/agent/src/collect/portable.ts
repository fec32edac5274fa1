/**
 * macOS and Windows, through `systeminformation`. Most of its questions start a child process, so they are asked in
 * the background, one round every 5 s (30 s for the slow ones), and held in between. CPU comes from Node itself.
 */
import { cpus, loadavg, platform, totalmem, uptime } from 'node:os';
import { limits, type ProcessRow, seriesKey } from '@openmanager/protocol';
import type { Systeminformation } from 'systeminformation';
import type { CollectedFacts, Collector, Sample, SampleOptions } from './collector.ts';
import { hostFacts } from './facts.ts';
import { larger, plus } from './fold.ts';
import { counterDelta, ratePerSecond } from './rate.ts';
import { cutName } from './raw-name.ts';

/** What is used of `systeminformation`. */
export interface SystemInformation {
  mem(): Promise<Systeminformation.MemData>;
  fsSize(): Promise<Systeminformation.FsSizeData[]>;
  fsStats(): Promise<Systeminformation.FsStatsData | null>;
  disksIO(): Promise<Systeminformation.DisksIoData | null>;
  networkStats(interfaces: string): Promise<Systeminformation.NetworkStatsData[]>;
  processes(): Promise<Systeminformation.ProcessesData>;
  cpuTemperature(): Promise<Systeminformation.CpuTemperatureData>;
}

type Values = Map<string, number>;

const FAST_MS = 5_000;
const SLOW_MS = 30_000;
const ROWS_EACH = limits.processRows / 2;
const DEVICE_LIMIT = 64;
const KIBI = 1024;
/** More devices have no series of their own; sums and worst values are over all. */
const NOT_LISTED = 'openmanager.agent.not_listed';
const NOT_REAL = /^(?:devfs|autofs|tmpfs|nullfs|map )/;
const VIRTUAL_INTERFACE =
  /^(?:lo\d*|utun\d+|awdl\d+|llw\d+|gif\d+|stf\d+|anpi\d+|ap\d+|bridge\d+|loopback.*)$/i;

const named = (metric: string, attributes: Record<string, string>): string =>
  seriesKey(metric, attributes);

export class PortableCollector implements Collector {
  readonly #si: SystemInformation;
  readonly #monotonic: () => number;
  readonly #counters = new Map<string, { value: number; ms: number }>();
  /** Newest values of each round; a round that fails leaves none. */
  #fast: Values = new Map();
  #slow: Values = new Map();
  readonly #busy = new Set<string>();
  readonly #startedMs = new Map<string, number>();
  #previousCpu = cpus();
  #keys: readonly string[] = [];
  #table: readonly ProcessRow[] | undefined;

  constructor(si: SystemInformation, monotonic: () => number = () => performance.now()) {
    this.#si = si;
    this.#monotonic = monotonic;
  }

  /** Loads the package and waits for the first round. */
  static async open(): Promise<PortableCollector> {
    const loaded = await import('systeminformation');
    const collector = new PortableCollector(loaded.default);
    await Promise.all([collector.#readFast(), collector.#readSlow()]);
    return collector;
  }

  facts(): CollectedFacts {
    return hostFacts();
  }

  sample(_timeMs: number, { perCore }: SampleOptions): Sample {
    this.#round('fast', FAST_MS, () => this.#readFast());
    this.#round('slow', SLOW_MS, () => this.#readSlow());
    const all: Values = new Map([...this.#cpu(perCore), ...this.#fast, ...this.#slow]);
    const keys = [...all.keys()];
    if (keys.length !== this.#keys.length || keys.some((key, at) => key !== this.#keys[at]))
      this.#keys = keys;
    return { keys: this.#keys, values: Float64Array.from(all.values()) };
  }

  processes(): readonly ProcessRow[] | undefined {
    const table = this.#table;
    this.#table = undefined;
    return table;
  }

  /** Starts a round in the background unless it is too early or the one before is still under way. */
  #round(name: string, everyMs: number, read: () => Promise<void>): void {
    const nowMs = this.#monotonic();
    const before = this.#startedMs.get(name) ?? Number.NEGATIVE_INFINITY;
    if (this.#busy.has(name) || nowMs - before < everyMs - 100) return;
    this.#startedMs.set(name, nowMs);
    this.#busy.add(name);
    void read().finally(() => this.#busy.delete(name));
  }

  #cpu(perCore: boolean): Values {
    const now = cpus();
    const before = this.#previousCpu;
    this.#previousCpu = now;
    const values: Values = new Map();
    const sums = { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 };
    const cores: [string, number][] = [];
    for (const [index, { times }] of now.entries()) {
      const old = before[index]?.times ?? times;
      let total = 0;
      for (const mode of ['user', 'nice', 'sys', 'idle', 'irq'] as const) {
        const delta = Math.max(0, times[mode] - old[mode]);
        sums[mode] += delta;
        total += delta;
      }
      const idle = Math.max(0, times.idle - old.idle);
      cores.push([
        named('system.cpu.utilization', { 'cpu.logical_number': String(index) }),
        1 - idle / total,
      ]);
    }
    const total = sums.user + sums.nice + sums.sys + sums.idle + sums.irq;
    values.set('system.cpu.utilization', 1 - sums.idle / total);
    const modes = {
      user: 'user',
      nice: 'nice',
      sys: 'system',
      idle: 'idle',
      irq: 'interrupt',
    } as const;
    for (const mode of ['user', 'nice', 'sys', 'idle', 'irq'] as const)
      values.set(named('system.cpu.utilization', { 'cpu.mode': modes[mode] }), sums[mode] / total);
    values.set('system.cpu.logical.count', now.length);
    if (perCore) for (const [key, value] of cores) values.set(key, value);
    values.set('system.uptime', uptime());
    // Windows has no load average; Node reports zeros there.
    const loads = platform() === 'win32' ? [Number.NaN, Number.NaN, Number.NaN] : loadavg();
    for (const [index, span] of ['1m', '5m', '15m'].entries())
      values.set(`system.linux.cpu.load_${span}`, loads[index] ?? Number.NaN);
    return values;
  }

  async #readFast(): Promise<void> {
    const values: Values = new Map();
    await settle(this.#si.mem(), (memory) => readMemory(values, memory));
    await settle(this.#si.networkStats('*'), (interfaces) => this.#readNetwork(values, interfaces));
    await settle(this.#si.fsStats(), (stats) => {
      values.set(
        named('system.disk.io', { 'disk.io.direction': 'read' }),
        this.#rate('disk read', stats?.rx),
      );
      values.set(
        named('system.disk.io', { 'disk.io.direction': 'write' }),
        this.#rate('disk write', stats?.wx),
      );
    });
    await settle(this.#si.disksIO(), (io) => {
      const busyMs = this.#rate('disk busy', io?.tWaitTime);
      values.set('system.disk.io_time', Math.min(1, busyMs / 1000));
    });
    this.#fast = values;
  }

  async #readSlow(): Promise<void> {
    const values: Values = new Map();
    await settle(this.#si.fsSize(), (filesystems) => readFilesystems(values, filesystems));
    await settle(this.#si.processes(), (processes) => {
      values.set('system.process.count', processes.all);
      this.#table = tableOf(processes.list);
    });
    await settle(this.#si.cpuTemperature(), ({ main }) => {
      if (!(main > 0)) return;
      values.set('hw.temperature', main);
      values.set(named('hw.temperature', { 'hw.id': 'cpu', 'hw.name': 'cpu' }), main);
    });
    this.#slow = values;
  }

  #readNetwork(values: Values, interfaces: readonly Systeminformation.NetworkStatsData[]): void {
    const reported = interfaces.filter(({ iface }) => !VIRTUAL_INTERFACE.test(iface));
    countNotListed(values, 'network', reported.length);
    const sums = { receive: Number.NaN, transmit: Number.NaN };
    for (const [place, stats] of reported.entries())
      for (const [direction, io, errors, dropped] of [
        ['receive', stats.rx_bytes, stats.rx_errors, stats.rx_dropped],
        ['transmit', stats.tx_bytes, stats.tx_errors, stats.tx_dropped],
      ] as const)
        for (const [metric, counter] of [
          ['system.network.io', io],
          ['system.network.errors', errors],
          ['system.network.packet.dropped', dropped],
        ] as const) {
          const key = named(metric, {
            'network.interface.name': cutName(stats.iface),
            'network.io.direction': direction,
          });
          const rate = this.#rate(key, counter);
          if (place < DEVICE_LIMIT) values.set(key, rate);
          if (metric === 'system.network.io') sums[direction] = plus(sums[direction], rate);
        }
    for (const direction of ['receive', 'transmit'] as const)
      values.set(
        named('system.network.io', { 'network.io.direction': direction }),
        sums[direction],
      );
  }

  #rate(name: string, value: number | undefined): number {
    const current = value ?? Number.NaN;
    const ms = this.#monotonic();
    const before = this.#counters.get(name);
    this.#counters.set(name, { value: current, ms });
    return before
      ? ratePerSecond(counterDelta(before.value, current, 64), ms - before.ms)
      : Number.NaN;
  }
}

/** One question that fails leaves its series out of the round; the others go on. */
async function settle<T>(question: Promise<T>, use: (answer: T) => void): Promise<void> {
  try {
    use(await question);
  } catch {
    // No such figure on this system, or the tool behind it is missing.
  }
}

function readMemory(values: Values, memory: Systeminformation.MemData): void {
  const total = memory.total || totalmem();
  const usage = {
    used: memory.active,
    free: memory.free,
    cached: memory.cached,
    buffers: memory.buffers,
  };
  const available = Math.min(total, Math.max(0, memory.available));
  values.set('system.memory.utilization', 1 - available / total);
  for (const [state, bytes] of Object.entries(usage))
    values.set(named('system.memory.usage', { 'system.memory.state': state }), bytes);
  values.set('system.memory.limit', total);
  values.set('system.linux.memory.available', available);
  const hasSwap = memory.swaptotal > 0;
  values.set(
    'system.paging.utilization',
    hasSwap ? memory.swapused / memory.swaptotal : Number.NaN,
  );
  if (!hasSwap) return;
  values.set(named('system.paging.usage', { 'system.paging.state': 'used' }), memory.swapused);
  values.set(named('system.paging.usage', { 'system.paging.state': 'free' }), memory.swapfree);
}

function readFilesystems(
  values: Values,
  filesystems: readonly Systeminformation.FsSizeData[],
): void {
  let worst = Number.NaN;
  const fullestFirst = filesystems
    .filter(({ fs, type, size }) => !NOT_REAL.test(type) && !NOT_REAL.test(fs) && size > 0)
    .map((one) => ({ ...one, utilization: one.used / (one.used + one.available) }))
    .sort((a, b) => (b.utilization || 0) - (a.utilization || 0));
  countNotListed(values, 'filesystem', fullestFirst.length);
  for (const { utilization } of fullestFirst) worst = larger(worst, utilization);
  for (const one of fullestFirst.slice(0, DEVICE_LIMIT)) {
    const { fs, type, mount, size, used, available, utilization } = one;
    const attributes = {
      'system.filesystem.mountpoint': cutName(mount),
      'system.device': cutName(fs),
      'system.filesystem.type': cutName(type),
    };
    values.set(named('system.filesystem.utilization', attributes), utilization);
    values.set(
      named('system.filesystem.usage', { ...attributes, 'system.filesystem.state': 'used' }),
      used,
    );
    values.set(
      named('system.filesystem.usage', { ...attributes, 'system.filesystem.state': 'free' }),
      available,
    );
    values.set(named('system.filesystem.limit', attributes), size);
  }
  values.set('system.filesystem.utilization', worst);
}

function countNotListed(values: Values, source: string, devices: number): void {
  if (devices > DEVICE_LIMIT) values.set(named(NOT_LISTED, { source }), devices - DEVICE_LIMIT);
}

function tableOf(list: readonly Systeminformation.ProcessesProcessData[]): ProcessRow[] {
  const byCpu = [...list].sort((a, b) => b.cpu - a.cpu).slice(0, ROWS_EACH);
  const byMemory = [...list].sort((a, b) => b.memRss - a.memRss).slice(0, ROWS_EACH);
  return [...new Set([...byCpu, ...byMemory])].map((process) => ({
    pid: process.pid,
    name: cutName(process.name),
    user: cutName(process.user),
    // Percent of all cores.
    cpuUtilization: Math.max(0, Math.round((process.cpu / 100) * cpus().length * 1e4) / 1e4),
    memoryBytes: Math.max(0, process.memRss * KIBI),
  }));
}

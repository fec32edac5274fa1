/** A host that does not exist: samples with a daily pattern, noise and incidents, in the agent's own form. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import type { CollectedFacts, Collector, Sample } from '@openmanager/agent';
import type { ProcessRow } from '@openmanager/protocol';
import { metricInfo, metricOfKey, seriesKey } from '@openmanager/protocol';
import { Incidents } from './incident.ts';
import { clamp, seededRandom, Wander } from './noise.ts';
import type { Profile } from './profile.ts';
const root = {
  'system.filesystem.mountpoint': '/',
  'system.device': '/dev/vda1',
  'system.filesystem.type': 'ext4',
};
const GIBIBYTE = 1024 ** 3;
const DISK_BYTES = 200 * GIBIBYTE;

export class SimulatedHost implements Collector {
  readonly #profile: Profile;
  readonly #random: () => number;
  readonly #incidents: Incidents;
  readonly #bootedMs: number;
  readonly #cpuNoise: Wander;
  readonly #memoryNoise: Wander;
  readonly #networkNoise: Wander;
  readonly #diskNoise: Wander;
  readonly #coreNoise: readonly Wander[];
  #load: [number, number, number] = [0, 0, 0];
  #lastMs = 0;
  #cpu = 0;
  #memory = 0;
  #keys: { readonly total: readonly string[]; readonly perCore: readonly string[] } | undefined;

  constructor(profile: Profile, seed: number, nowMs: number) {
    this.#profile = profile;
    this.#random = seededRandom(seed);
    this.#incidents = new Incidents(this.#random, nowMs);
    this.#bootedMs = nowMs - this.#random() * 60 * DAY_MS;
    this.#cpuNoise = new Wander(this.#random, 0.05);
    this.#memoryNoise = new Wander(this.#random, 0.02, 0.995);
    this.#networkNoise = new Wander(this.#random, 0.12, 0.9);
    this.#diskNoise = new Wander(this.#random, 0.2, 0.8);
    this.#coreNoise = Array.from(
      { length: profile.facts.cpuCount },
      () => new Wander(this.#random, 0.12, 0.9),
    );
  }

  facts(): CollectedFacts {
    return this.#profile.facts;
  }

  /** 0 at night, 1 at the host's peak hour. */
  #daylight(timeMs: number): number {
    const hours = (timeMs % DAY_MS) / HOUR_MS - this.#profile.peakHour;
    return (1 + Math.cos((hours / 24) * 2 * Math.PI)) / 2;
  }

  sample(timeMs: number, options: { readonly perCore: boolean }): Sample {
    const values = this.#values(timeMs);
    const total = [...values.keys()];
    this.#keys ??= { total, perCore: [...total, ...this.#coreKeys()] };
    const keys = options.perCore ? this.#keys.perCore : this.#keys.total;
    const numbers = [...values.values()];
    if (options.perCore)
      for (const noise of this.#coreNoise) numbers.push(clamp(this.#cpu + noise.next(), 0, 1));
    return {
      keys,
      values: Float64Array.from(numbers, (value, index) => rounded(keys[index] ?? '', value)),
    };
  }

  #coreKeys(): string[] {
    return this.#coreNoise.map((_, core) =>
      seriesKey('system.cpu.utilization', { 'cpu.logical_number': String(core) }),
    );
  }

  #values(timeMs: number): Map<string, number> {
    const { role, facts } = this.#profile;
    const day = this.#daylight(timeMs);
    const surge = this.#incidents.strength('traffic-surge', timeMs);
    const runaway = this.#incidents.strength('cpu-runaway', timeMs);
    const leak = this.#incidents.strength('memory-leak', timeMs);
    const filling = this.#incidents.strength('disk-filling', timeMs);
    const slow = this.#incidents.strength('slow-disk', timeMs);

    const busy = role.cpuBase + role.cpuDay * day + this.#cpuNoise.next() + surge * 0.35;
    this.#cpu = clamp(busy + runaway * (0.97 - busy), 0.01, 1);
    const iowait = clamp(0.005 + slow * 0.3, 0, 1 - this.#cpu);
    const memory = role.memory + 0.06 * day + this.#memoryNoise.next();
    this.#memory = clamp(memory + leak * (0.96 - memory), 0.05, 0.99);
    const disk = clamp(role.disk + filling * (0.95 - role.disk), 0, 0.99);
    const traffic = clamp(0.15 + 0.6 * day + this.#networkNoise.next() + surge * 0.8, 0.01, 1.5);
    const io = clamp(0.1 + 0.4 * day + this.#diskNoise.next() + slow, 0.01, 1);
    this.#updateLoad(timeMs, facts.cpuCount * (this.#cpu * 1.1 + iowait));

    const receive = role.networkPeak * traffic;
    const transmit = receive * 0.7;
    const read = role.diskPeak * io;
    const write = read * 0.6;
    const values = new Map<string, number>();
    const put = (metric: string, value: number, attributes?: Record<string, string>): void => {
      values.set(seriesKey(metric, attributes), value);
    };
    put('system.cpu.utilization', this.#cpu);
    put('system.cpu.utilization', this.#cpu * 0.72, { 'cpu.mode': 'user' });
    put('system.cpu.utilization', this.#cpu * 0.28, { 'cpu.mode': 'system' });
    put('system.cpu.utilization', iowait, { 'cpu.mode': 'iowait' });
    put('system.cpu.utilization', 1 - this.#cpu - iowait, { 'cpu.mode': 'idle' });
    put('system.cpu.logical.count', facts.cpuCount);
    put('system.linux.cpu.load_1m', this.#load[0]);
    put('system.linux.cpu.load_5m', this.#load[1]);
    put('system.linux.cpu.load_15m', this.#load[2]);
    put('system.memory.utilization', this.#memory);
    put('system.memory.limit', facts.memoryBytes);
    put('system.linux.memory.available', facts.memoryBytes * (1 - this.#memory));
    put('system.memory.usage', facts.memoryBytes * this.#memory, { 'system.memory.state': 'used' });
    put('system.memory.usage', facts.memoryBytes * (1 - this.#memory) * 0.4, {
      'system.memory.state': 'free',
    });
    put('system.memory.usage', facts.memoryBytes * (1 - this.#memory) * 0.6, {
      'system.memory.state': 'cached',
    });
    put('system.paging.utilization', leak * 0.4);
    put('system.filesystem.utilization', disk);
    put('system.filesystem.utilization', disk, root);
    put('system.filesystem.usage', DISK_BYTES * disk, {
      ...root,
      'system.filesystem.state': 'used',
    });
    put('system.filesystem.usage', DISK_BYTES * (1 - disk), {
      ...root,
      'system.filesystem.state': 'free',
    });
    put('system.filesystem.limit', DISK_BYTES, root);
    put('system.filesystem.inodes.utilization', disk * 0.3, root);
    for (const [direction, bytes] of [
      ['receive', receive],
      ['transmit', transmit],
    ] as const) {
      put('system.network.io', bytes, { 'network.io.direction': direction });
      put('system.network.io', bytes, {
        'network.interface.name': 'eth0',
        'network.io.direction': direction,
      });
    }
    for (const [direction, bytes] of [
      ['read', read],
      ['write', write],
    ] as const) {
      put('system.disk.io', bytes, { 'disk.io.direction': direction });
      put('system.disk.io', bytes, { 'system.device': 'vda', 'disk.io.direction': direction });
      put('system.disk.operations', bytes / 16_384, {
        'system.device': 'vda',
        'disk.io.direction': direction,
      });
    }
    put('system.disk.io_time', clamp(io * 0.6 + slow * 0.4, 0, 1));
    put('system.disk.io_time', clamp(io * 0.6 + slow * 0.4, 0, 1), { 'system.device': 'vda' });
    put('system.process.count', 120 + Math.round(this.#cpu * 80));
    put('system.uptime', (timeMs - this.#bootedMs) / 1000);
    put('system.linux.pressure.stall', clamp(this.#cpu - 0.7, 0, 1), {
      resource: 'cpu',
      kind: 'some',
    });
    put('system.linux.pressure.stall', clamp(this.#memory - 0.9, 0, 1), {
      resource: 'memory',
      kind: 'some',
    });
    put('system.linux.pressure.stall', slow * 0.5, { resource: 'io', kind: 'some' });
    return values;
  }

  /** Exponential averages over 1, 5 and 15 minutes, as the kernel keeps them. */
  #updateLoad(timeMs: number, running: number): void {
    const elapsed = this.#lastMs === 0 ? HOUR_MS : Math.max(0, timeMs - this.#lastMs);
    this.#lastMs = timeMs;
    this.#load = this.#load.map((value, index) => {
      const keep = Math.exp(-elapsed / ([1, 5, 15][index] as number) / MINUTE_MS);
      return value * keep + running * (1 - keep);
    }) as [number, number, number];
  }

  processes(): readonly ProcessRow[] {
    const { role, facts } = this.#profile;
    const names = [...role.processes, 'systemd', 'sshd', 'journald', 'cron'];
    return names.map((name, index): ProcessRow => {
      const share = index < role.processes.length ? 1 / (index + 1.5) : 0.004;
      return {
        pid: index < role.processes.length ? 1000 + index * 37 : index,
        name,
        user: index < role.processes.length ? role.name : 'root',
        cpuUtilization: Math.round(this.#cpu * facts.cpuCount * share * 10_000) / 10_000,
        memoryBytes: Math.round(facts.memoryBytes * this.#memory * share * 0.6),
      };
    });
  }
}

function rounded(key: string, value: number): number {
  const power = 10 ** metricInfo(metricOfKey(key)).storedDecimals;
  return Math.round(value * power) / power;
}

/** All sources of a Linux host as one collector. No child process, no module that starts one. */
import type { ProcessRow } from '@openmanager/protocol';
import { ActivitySource } from './activity.ts';
import { btrfsReader } from './btrfs.ts';
import type { CollectedFacts, Collector, Sample, SampleOptions, Source } from './collector.ts';
import { conntrackReader } from './conntrack.ts';
import { cpuFrequencyReader } from './cpu-frequency.ts';
import { cpuThrottleReader } from './cpu-throttle.ts';
import { CpuSource } from './cpu.ts';
import { DiskSource } from './disk.ts';
import { edacReader } from './edac.ts';
import { entropyReader } from './entropy.ts';
import { hostFacts } from './facts.ts';
import { fileHandleReader } from './file-handles.ts';
import { FilesystemSource } from './filesystem.ts';
import { hwmonReader } from './hwmon.ts';
import { linkReader } from './links.ts';
import { LoadSource } from './load.ts';
import { mdReader } from './md.ts';
import { MemorySource } from './memory.ts';
import { NetworkSource } from './network.ts';
import { NotListedSource } from './not-listed.ts';
import { powerReader } from './power.ts';
import { PressureSource } from './pressure.ts';
import { ProcessSource } from './process.ts';
import { type Reader, ReaderSource } from './readings.ts';
import { socketReader } from './sockets.ts';
import { SystemdSource } from './systemd.ts';
import { TemperatureSource } from './temperature.ts';
import { transportReader } from './transport.ts';
import { UptimeSource } from './uptime.ts';
import { vmstatReader } from './vmstat.ts';
import { zfsReader } from './zfs.ts';

export interface LinuxCollectorOptions {
  /** Folder in front of /proc, /sys, /etc and mount points. @default '' */
  readonly root?: string;
  /** Monotonic ms. */
  readonly monotonic?: () => number;
}

/** What is read anew each time, by the name of the source. */
export const readers: Readonly<Record<string, (root: string) => Reader>> = {
  vmstat: vmstatReader,
  'file-handles': fileHandleReader,
  transport: transportReader,
  sockets: socketReader,
  conntrack: conntrackReader,
  entropy: entropyReader,
  'cpu-frequency': cpuFrequencyReader,
  'cpu-throttle': cpuThrottleReader,
  edac: edacReader,
  hwmon: hwmonReader,
  power: powerReader,
  links: linkReader,
  md: mdReader,
  zfs: zfsReader,
  btrfs: btrfsReader,
};

export class LinuxCollector implements Collector {
  readonly #root: string;
  readonly #monotonic: () => number;
  readonly #cpu: CpuSource;
  readonly #process: ProcessSource;
  readonly #filesystems: FilesystemSource;
  readonly #sources: readonly Source[];
  /** The keys of each source that `keys` was made of. */
  #parts: (readonly string[])[] = [];
  #keys: readonly string[] = [];
  #values = new Float64Array(0);

  constructor(options: LinuxCollectorOptions = {}) {
    const root = options.root ?? '';
    this.#root = root;
    this.#monotonic = options.monotonic ?? (() => performance.now());
    const activity = new ActivitySource();
    this.#cpu = new CpuSource(root, (text) => activity.take(text));
    this.#process = new ProcessSource({ root, monotonic: this.#monotonic });
    const filesystem = (this.#filesystems = new FilesystemSource({ root }));
    const network = new NetworkSource(root);
    const disk = new DiskSource(root);
    const temperature = new TemperatureSource(root);
    const read = Object.fromEntries(
      Object.entries(readers).map(([name, reader]) => [name, new ReaderSource(reader(root))]),
    );
    this.#sources = [
      this.#cpu,
      activity,
      new MemorySource(root),
      filesystem,
      network,
      disk,
      new LoadSource(root),
      this.#process,
      new UptimeSource(root),
      new PressureSource(root),
      temperature,
      new SystemdSource({ root }),
      ...Object.values(read),
      // What lists only so many is named here; it stands after those it counts.
      new NotListedSource({ filesystem, network, disk, temperature, ...read }),
    ];
    // Counters need a step before them: the first sample is the second reading.
    for (const source of this.#sources) source.read(this.#monotonic());
  }

  facts(): CollectedFacts {
    return hostFacts(this.#root);
  }

  sample(_timeMs: number, { perCore }: SampleOptions): Sample {
    this.#cpu.perCore = perCore;
    this.#process.watched = perCore;
    const nowMs = this.#monotonic();
    let changed = false;
    for (const [index, source] of this.#sources.entries()) {
      source.read(nowMs);
      if (this.#parts[index] === source.keys) continue;
      this.#parts[index] = source.keys;
      changed = true;
    }
    if (changed) {
      this.#keys = this.#parts.flat();
      this.#values = new Float64Array(this.#keys.length);
    }
    let at = 0;
    for (const { values } of this.#sources) {
      this.#values.set(values, at);
      at += values.length;
    }
    return { keys: this.#keys, values: this.#values };
  }

  processes(): readonly ProcessRow[] | undefined {
    return this.#process.table();
  }

  stuck(): number {
    return this.#filesystems.stuck;
  }

  close(): void {
    for (const source of this.#sources) source.close();
  }
}

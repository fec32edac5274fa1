/** All sources of a Linux host as one collector. No child process, no module that starts one. */
import type { ProcessRow } from '@openmanager/protocol';
import type { CollectedFacts, Collector, Sample, SampleOptions, Source } from './collector.ts';
import { CpuSource } from './cpu.ts';
import { DiskSource } from './disk.ts';
import { hostFacts } from './facts.ts';
import { FilesystemSource } from './filesystem.ts';
import { LoadSource } from './load.ts';
import { MemorySource } from './memory.ts';
import { NetworkSource } from './network.ts';
import { NotListedSource } from './not-listed.ts';
import { PressureSource } from './pressure.ts';
import { ProcessSource } from './process.ts';
import { SystemdSource } from './systemd.ts';
import { TemperatureSource } from './temperature.ts';
import { UptimeSource } from './uptime.ts';

export interface LinuxCollectorOptions {
  /** Folder in front of /proc, /sys, /etc and mount points. @default '' */
  readonly root?: string;
  /** Monotonic ms. */
  readonly monotonic?: () => number;
}

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
    this.#cpu = new CpuSource(root);
    this.#process = new ProcessSource({ root, monotonic: this.#monotonic });
    const filesystem = (this.#filesystems = new FilesystemSource({ root }));
    const network = new NetworkSource(root);
    const disk = new DiskSource(root);
    const temperature = new TemperatureSource(root);
    this.#sources = [
      this.#cpu,
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
      // What lists only so many is named here; it stands after those it counts.
      new NotListedSource({ filesystem, network, disk, temperature }),
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

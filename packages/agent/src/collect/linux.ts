/** All sources of a Linux host as one collector. What starts another program does so in the background, by program.ts. */
import type { ProcessRow } from '@openmanager/protocol';
import { type Log, silent } from '../log.ts';
import { ActivitySource } from './activity.ts';
import { btrfsReader } from './btrfs.ts';
import { type ChoiceEntries, Choices, leaveOut } from './choices.ts';
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
import { GpuSource } from './gpu.ts';
import { hwmonReader } from './hwmon.ts';
import { linkReader } from './links.ts';
import { LoadSource } from './load.ts';
import { mdReader } from './md.ts';
import { MemorySource } from './memory.ts';
import { NetworkSource } from './network.ts';
import { type Listing, NotListedSource } from './not-listed.ts';
import { powerReader } from './power.ts';
import { PressureSource } from './pressure.ts';
import { ProcessSource } from './process.ts';
import { type Reader, ReaderSource } from './readings.ts';
import { SelfTimes, type SourceCost } from './self-times.ts';
import { SmartSource } from './smart.ts';
import { socketReader } from './sockets.ts';
import { SystemdSource } from './systemd.ts';
import { TemperatureSource } from './temperature.ts';
import { TimeSyncSource } from './time-sync.ts';
import { transportReader } from './transport.ts';
import { UptimeSource } from './uptime.ts';
import { vmstatReader } from './vmstat.ts';
import { zfsReader } from './zfs.ts';

export interface LinuxCollectorOptions extends ChoiceEntries {
  /** Folder in front of /proc, /sys, /etc and mount points. @default '' */
  readonly root?: string;
  /** Monotonic ms. */
  readonly monotonic?: () => number;
  readonly log?: Log;
  /** Told the name of each source before it is opened or read: whoever watches knows which one does not answer. */
  readonly began?: (source: string) => void;
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

const ownSources = [
  'cpu',
  'memory',
  'filesystem',
  'network',
  'disk',
  'load',
  'process',
  'uptime',
  'pressure',
  'temperature',
  'systemd',
  'smart',
  'gpu',
  'time',
] as const;
type OwnSource = (typeof ownSources)[number];

/** What is about the machine as a whole. */
const withoutDevices: readonly OwnSource[] = [
  'cpu',
  'memory',
  'load',
  'process',
  'uptime',
  'pressure',
  'time',
];

/** Names of all sources, as settings call them. */
export const sourceNames: readonly string[] = [...ownSources, ...Object.keys(readers)];

/** What is told by `began`: besides the sources, what belongs to them. */
export const begunNames: readonly string[] = [...sourceNames, 'activity', 'not-listed', 'facts'];

export class LinuxCollector implements Collector {
  readonly #root: string;
  readonly #monotonic: () => number;
  readonly #log: Log;
  readonly #began: (source: string) => void;
  #cpu: CpuSource | undefined;
  #process: ProcessSource | undefined;
  #filesystems: FilesystemSource | undefined;
  readonly #names: readonly string[];
  readonly #sources: readonly Source[];
  readonly #times: SelfTimes;
  /** The keys of each source that `keys` was made of. */
  #parts: (readonly string[])[] = [];
  #keys: readonly string[] = [];
  #values = new Float64Array(0);

  constructor(options: LinuxCollectorOptions = {}) {
    const root = options.root ?? '';
    const log = (this.#log = options.log ?? silent);
    const choices = new Choices(options, sourceNames, withoutDevices);
    this.#root = root;
    this.#monotonic = options.monotonic ?? (() => performance.now());
    const began = (this.#began = options.began ?? (() => {}));
    const activity = new ActivitySource();
    const own: Readonly<Record<OwnSource, () => Source & Partial<Listing>>> = {
      cpu: () => (this.#cpu = new CpuSource(root, (text) => activity.take(text))),
      memory: () => new MemorySource(root),
      filesystem: () =>
        (this.#filesystems = new FilesystemSource({ root, choice: choices.of('filesystem') })),
      network: () => new NetworkSource(root, choices.of('network')),
      disk: () => new DiskSource(root, choices.of('disk')),
      load: () => new LoadSource(root),
      process: () => (this.#process = new ProcessSource({ root, monotonic: this.#monotonic })),
      uptime: () => new UptimeSource(root),
      pressure: () => new PressureSource(root),
      temperature: () => new TemperatureSource(root, choices.of('temperature')),
      systemd: () => new SystemdSource({ root, chosen: choices.chosen('systemd') }),
      smart: () =>
        new SmartSource({
          root,
          chosen: choices.chosen('smart'),
          warn: (message, disks) => log('warn', message, { disks }),
        }),
      gpu: () => new GpuSource({ root, chosen: choices.chosen('gpu') }),
      time: () => new TimeSyncSource(root),
    };
    const read = Object.entries(readers).map(
      ([name, reader]) =>
        [
          name,
          (): Source => new ReaderSource(leaveOut(reader(root), choices.chosen(name))),
        ] as const,
    );
    const running = [...Object.entries(own), ...read]
      .filter(([name]) => choices.runs(name))
      .map(([name, open]) => {
        began(name);
        return [name, open()] as const;
      });
    const listings = Object.fromEntries(
      running.filter(
        (entry): entry is readonly [string, Source & Listing] => 'notListed' in entry[1],
      ),
    );
    const named: (readonly [string, Source])[] = [
      ...running,
      ...(choices.runs('cpu') ? ([['activity', activity]] as const) : []),
      // It stands after those it counts.
      ['not-listed', new NotListedSource(listings)],
    ];
    this.#names = named.map(([name]) => name);
    this.#times = new SelfTimes(this.#names);
    this.#sources = [...named.map(([, source]) => source), this.#times];
    // Counters need a step before them: the first sample is the second reading.
    this.#readAll();
  }

  facts(): CollectedFacts {
    this.#began('facts');
    return hostFacts(this.#root);
  }

  sample(_timeMs: number, { perCore }: SampleOptions): Sample {
    if (this.#cpu) this.#cpu.perCore = perCore;
    if (this.#process) this.#process.watched = perCore;
    this.#readAll();
    let changed = false;
    for (const [index, source] of this.#sources.entries()) {
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

  /** A source that fails, which is a bug of ours, costs its own values only. */
  #readAll(): void {
    const startMs = this.#monotonic();
    let beforeMs = startMs;
    for (const [at, source] of this.#sources.entries()) {
      let failed = false;
      this.#began(this.#names[at] ?? '');
      try {
        source.read(startMs);
      } catch (error) {
        failed = true;
        source.values.fill(Number.NaN);
        this.#failed(this.#names[at] ?? '', error);
      }
      if (source === this.#times) break;
      const nowMs = this.#monotonic();
      this.#times.took(at, nowMs - beforeMs, startMs, failed);
      beforeMs = nowMs;
    }
    this.#times.tookInAll(beforeMs - startMs, startMs);
  }

  #failed(source: string, error: unknown): void {
    if ((this.#times.costs()[source]?.failures ?? 0) > 0) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.#log('error', 'a source cannot be read; the others go on', { source, reason });
  }

  costs(): Readonly<Record<string, SourceCost>> {
    return this.#times.costs();
  }

  async settled(): Promise<void> {
    await Promise.all(this.#sources.flatMap((source) => source.settled?.() ?? []));
  }

  processes(): readonly ProcessRow[] | undefined {
    this.#began('process');
    return this.#process?.table();
  }

  stuck(): number {
    return this.#filesystems?.stuck ?? 0;
  }

  close(): void {
    for (const source of this.#sources) source.close();
  }
}

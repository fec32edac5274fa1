/** Graphics processors of NVIDIA (nvidia-smi), AMD and Intel (sysfs), every five seconds at most. */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { seriesKey } from '@openmanager/protocol';
import type { Chosen } from './choice.ts';
import type { Source } from './collector.ts';
import { NvidiaGpus } from './gpu-nvidia.ts';
import type { GpuReading } from './gpu-reading.ts';
import { SysfsGpus } from './gpu-sysfs.ts';
import { cutName } from './raw-name.ts';

const REFRESH_EVERY_MS = 5_000;
/** Where there is none, one may be plugged in. */
const LOOK_AGAIN_MS = 5 * MINUTE_MS;
const LISTED = 16;

const METRICS: readonly (readonly [metric: string, of: (gpu: GpuReading) => number])[] = [
  ['hw.gpu.utilization', (gpu) => gpu.utilization],
  ['hw.gpu.memory.utilization', (gpu) => gpu.memoryUsed / gpu.memoryTotal],
  ['hw.gpu.memory.usage', (gpu) => gpu.memoryUsed],
  ['hw.gpu.memory.limit', (gpu) => gpu.memoryTotal],
  ['hw.gpu.temperature', (gpu) => gpu.celsius],
  ['hw.gpu.power', (gpu) => gpu.watts],
  ['hw.gpu.frequency', (gpu) => gpu.hertz],
  ['hw.gpu.fan.speed_ratio', (gpu) => gpu.fan],
  ['hw.gpu.errors', (gpu) => gpu.errors],
];

export interface GpuOptions {
  readonly root: string;
  /** Folders that are looked through for nvidia-smi. @default those of the system */
  readonly folders?: readonly string[];
  readonly chosen?: Chosen | undefined;
}

export class GpuSource implements Source {
  keys: readonly string[] = [];
  values: Float64Array = new Float64Array(0);
  notListed = 0;
  readonly #chosen: GpuOptions['chosen'];
  readonly #nvidia: NvidiaGpus;
  readonly #sysfs: SysfsGpus;
  /** Metrics each processor has told a value of, which are its series. */
  readonly #told = new Map<string, Set<string>>();
  #refreshedMs = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | undefined;

  constructor({ root, folders, chosen }: GpuOptions) {
    this.#chosen = chosen;
    this.#nvidia = new NvidiaGpus({ root, folders });
    this.#sysfs = new SysfsGpus(root);
  }

  read(nowMs: number): void {
    const everyMs = this.#sysfs.readings.length > 0 ? REFRESH_EVERY_MS : LOOK_AGAIN_MS;
    if (!this.#refreshing && nowMs - this.#refreshedMs >= everyMs - 100) {
      this.#refreshedMs = nowMs;
      this.#refreshing = this.#sysfs.refresh(nowMs).finally(() => (this.#refreshing = undefined));
    }
    this.#tell([...this.#nvidia.read(nowMs), ...this.#sysfs.readings]);
  }

  async settled(): Promise<void> {
    await Promise.all([this.#refreshing, this.#nvidia.settled()]);
  }

  close(): void {
    this.#nvidia.close();
  }

  #tell(all: readonly GpuReading[]): void {
    const gpus = all.filter(({ id, name }) => this.#chosen?.(id, name) !== false);
    this.notListed = Math.max(0, gpus.length - LISTED);
    if (gpus.length === 0 && this.keys.length === 0) return;
    const keys: string[] = [];
    const values: number[] = [];
    for (const gpu of gpus.slice(0, LISTED)) {
      const of = { 'hw.id': gpu.id, 'hw.name': cutName(gpu.name) };
      const told = this.#told.get(gpu.id) ?? new Set();
      this.#told.set(gpu.id, told);
      for (const [metric, valueOf] of METRICS) {
        const value = valueOf(gpu);
        if (!Number.isNaN(value)) told.add(metric);
        if (!told.has(metric)) continue;
        keys.push(seriesKey(metric, of));
        values.push(value);
      }
    }
    if (keys.length !== this.keys.length || keys.some((key, at) => key !== this.keys[at]))
      this.keys = keys;
    this.values = Float64Array.from(values);
  }
}

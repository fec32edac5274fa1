/**
 * AMD's and Intel's graphics processors from /sys/class/drm. Their drivers ask the device, which may take milliseconds,
 * so files are read in the background. A processor that sleeps is left asleep.
 *
 * Intel's drivers do not tell how busy the engines are without privileges; what they tell is how long the processor was
 * in its sleep state (RC6), and the rest of the time is its utilization here.
 */
import { readdir, readFile } from 'node:fs/promises';
import { type GpuReading, withoutValues } from './gpu-reading.ts';

const VENDORS: Readonly<Record<string, 'amd' | 'intel'>> = { '0x1002': 'amd', '0x8086': 'intel' };
const MEGA = 1e6;

interface Residency {
  readonly asleepMs: number;
  readonly atMs: number;
}

export class SysfsGpus {
  readonly #folder: string;
  #readings: readonly GpuReading[] = [];
  #residency = new Map<string, Residency>();

  constructor(root: string) {
    this.#folder = `${root}/sys/class/drm`;
  }

  get readings(): readonly GpuReading[] {
    return this.#readings;
  }

  /** Reads all of them; `nowMs` is monotonic. */
  async refresh(nowMs: number): Promise<void> {
    const cards = (await list(this.#folder)).filter((entry) => /^card\d+$/.test(entry));
    const readings: GpuReading[] = [];
    for (const card of cards) {
      const path = `${this.#folder}/${card}`;
      const vendor = VENDORS[await text(`${path}/device/vendor`)];
      if (vendor === undefined) continue;
      const reading =
        vendor === 'amd' ? await this.#amd(card, path) : await this.#intel(card, path, nowMs);
      if (reading) readings.push(reading);
    }
    this.#readings = readings;
  }

  async #amd(card: string, path: string): Promise<GpuReading | undefined> {
    const device = `${path}/device`;
    const sensors = await firstHwmon(device);
    const name = (await text(`${device}/product_name`)) || 'AMD GPU';
    if (await sleeps(device)) return withoutValues(card, name);
    const watts = await anyNumber(`${sensors}/power1_average`, `${sensors}/power1_input`);
    return {
      id: card,
      name,
      utilization: (await number(`${device}/gpu_busy_percent`)) / 100,
      memoryUsed: await number(`${device}/mem_info_vram_used`),
      memoryTotal: await number(`${device}/mem_info_vram_total`),
      celsius: (await number(`${sensors}/temp1_input`)) / 1000,
      watts: watts / MEGA,
      hertz: await number(`${sensors}/freq1_input`),
      fan: (await number(`${sensors}/fan1_input`)) / (await number(`${sensors}/fan1_max`)),
      errors: Number.NaN,
    };
  }

  async #intel(card: string, path: string, nowMs: number): Promise<GpuReading | undefined> {
    const device = `${path}/device`;
    const sensors = await firstHwmon(device);
    if (await sleeps(device)) return withoutValues(card, 'Intel GPU');
    const megahertz = await anyNumber(
      `${path}/gt/gt0/rps_act_freq_mhz`,
      `${path}/gt_act_freq_mhz`,
      `${device}/tile0/gt0/freq0/act_freq`,
    );
    const asleepMs = await anyNumber(
      `${path}/gt/gt0/rc6_residency_ms`,
      `${path}/power/rc6_residency_ms`,
      `${device}/tile0/gt0/gtidle/idle_residency_ms`,
    );
    // Neither: an adapter of this vendor that is no graphics processor we know.
    if (Number.isNaN(megahertz) && Number.isNaN(asleepMs)) return undefined;
    return {
      ...withoutValues(card, 'Intel GPU'),
      utilization: this.#awake(card, { asleepMs, atMs: nowMs }),
      hertz: megahertz * MEGA,
      celsius: (await number(`${sensors}/temp1_input`)) / 1000,
    };
  }

  /** Share of the time since the reading before in which the processor was not asleep. */
  #awake(card: string, now: Residency): number {
    const before = this.#residency.get(card);
    this.#residency.set(card, now);
    if (!before || now.atMs <= before.atMs || now.asleepMs < before.asleepMs) return Number.NaN;
    const share = (now.asleepMs - before.asleepMs) / (now.atMs - before.atMs);
    return Math.min(1, Math.max(0, 1 - share));
  }
}

const sleeps = async (device: string): Promise<boolean> =>
  (await text(`${device}/power/runtime_status`)) === 'suspended';

async function firstHwmon(device: string): Promise<string> {
  const [first = 'none'] = (await list(`${device}/hwmon`)).toSorted();
  return `${device}/hwmon/${first}`;
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}

async function text(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return '';
  }
}

async function number(path: string): Promise<number> {
  const found = await text(path);
  return /^-?\d+$/.test(found) ? Number(found) : Number.NaN;
}

async function anyNumber(...paths: readonly string[]): Promise<number> {
  for (const path of paths) {
    const found = await number(path);
    if (!Number.isNaN(found)) return found;
  }
  return Number.NaN;
}

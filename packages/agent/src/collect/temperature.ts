/**
 * Temperatures from /sys/class/hwmon, and from the thermal zones that are not there, too. Some drivers take milliseconds
 * for a reading, so sensors are read every 5 s and held in between; disks are asked less often (sensor-pace.ts).
 * The temperature of the host is that of its hottest CPU, and where none is known that of its hottest part.
 * Listed is the first sensor of each chip, those of CPUs before others, then the hottest.
 */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { seriesKey } from '@openmanager/protocol';
import { type Choice, type Chosen, chooser } from './choice.ts';
import type { Source } from './collector.ts';
import { DeviceTable } from './device-table.ts';
import { larger } from './fold.ts';
import { SensorPace } from './sensor-pace.ts';
import { type Sensor, sensors } from './sensors.ts';
import { TextFile } from './text-file.ts';

const METRIC = 'hw.temperature';
const NO_KEYS: readonly string[] = [];
const NO_VALUES = new Float64Array(0);
const LIMIT = 32;
const READ_EVERY_MS = 5_000;
const DISCOVER_EVERY_MS = 5 * MINUTE_MS;
const MILLI = 1000;
/**
 * °C, exclusive. Inputs that nothing is connected to read as the ends of their scale (-128, -55, 127, 127.5, 255) or as
 * nothing at all; what silicon could not stand is none of its temperatures.
 */
const BELIEVED = { min: -40, max: 125 } as const;
const UNCONNECTED = 0;
/** The first sensor of a chip comes before what else the chip has, such as 64 cores, and CPUs before other chips. */
const FIRST_RANK = 1000;
const CPU_RANK = 2000;
/** °C by which a sensor must be hotter than one that is listed. */
const HOTTER = 5;

export class TemperatureSource implements Source {
  readonly #root: string;
  readonly #chosen: Chosen;
  readonly #table: DeviceTable;
  #probes = new Map<string, Probe>();
  #readMs = Number.NEGATIVE_INFINITY;
  #discoveredMs = Number.NEGATIVE_INFINITY;

  constructor(root: string, choice?: Choice) {
    this.#root = root;
    this.#chosen = chooser(choice);
    this.#table = new DeviceTable({
      totals: [METRIC],
      keysOf: (id) => [
        seriesKey(METRIC, { 'hw.id': id, 'hw.name': this.#probes.get(id)?.name ?? id }),
      ],
      counters: 0,
      wanted: () => true,
      limit: LIMIT,
      rank: ({ name, values }) => (values[0] as number) + (this.#probes.get(name)?.rank ?? 0),
      margin: HOTTER,
    });
  }

  get keys(): readonly string[] {
    return this.#probes.size === 0 ? NO_KEYS : this.#table.keys;
  }

  get values(): Float64Array {
    return this.#probes.size === 0 ? NO_VALUES : this.#table.values;
  }

  get notListed(): number {
    return this.#table.notListed;
  }

  read(nowMs: number): void {
    if (nowMs - this.#readMs < READ_EVERY_MS - 100) return;
    this.#readMs = nowMs;
    if (nowMs - this.#discoveredMs >= DISCOVER_EVERY_MS) {
      this.#discoveredMs = nowMs;
      this.#discover();
    }
    let hottest = Number.NaN;
    let hottestCpu = Number.NaN;
    this.#table.begin();
    for (const [id, probe] of this.#probes) {
      const row = this.#table.row(id);
      if (!row) continue;
      const value = probe.read(nowMs);
      row.values[0] = value;
      hottest = larger(hottest, value);
      if (probe.cpu) hottestCpu = larger(hottestCpu, value);
    }
    this.#table.end();
    this.#table.values[0] = Number.isNaN(hottestCpu) ? hottest : hottestCpu;
  }

  close(): void {
    for (const probe of this.#probes.values()) probe.close();
    this.#probes = new Map();
  }

  #discover(): void {
    const before = this.#probes;
    this.#probes = new Map();
    for (const sensor of sensors(this.#root)) {
      if (this.#chosen(sensor.id, sensor.name) === false) continue;
      const known = before.get(sensor.id);
      // A probe goes on while its sensor is the same: it knows when the disk was asked.
      const probe = known?.is(sensor) ? known : new Probe(sensor);
      this.#probes.set(sensor.id, probe);
    }
    const kept = new Set(this.#probes.values());
    for (const probe of before.values()) if (!kept.has(probe)) probe.close();
  }
}

/** A sensor that is read, with its newest value. */
class Probe {
  readonly name: string;
  readonly cpu: boolean;
  readonly rank: number;
  readonly #sensor: Sensor;
  readonly #input: TextFile;
  readonly #fault: TextFile | undefined;
  readonly #pace: SensorPace;
  #value = Number.NaN;

  constructor(sensor: Sensor) {
    this.#sensor = sensor;
    this.name = sensor.name;
    this.cpu = sensor.cpu;
    this.rank = !sensor.first ? 0 : sensor.cpu ? CPU_RANK : FIRST_RANK;
    this.#input = new TextFile(sensor.file);
    this.#fault = sensor.fault === undefined ? undefined : new TextFile(sensor.fault);
    this.#pace = new SensorPace(sensor);
  }

  is({ file, name }: Sensor): boolean {
    return file === this.#sensor.file && name === this.name;
  }

  /** °C; NaN for what cannot be believed. */
  read(nowMs: number): number {
    const pace = this.#pace.at(nowMs);
    if (pace === 'asleep') this.#value = Number.NaN;
    else if (pace === 'ask') this.#value = this.#measure();
    return this.#value;
  }

  close(): void {
    this.#input.close();
    this.#fault?.close();
    this.#pace.close();
  }

  #measure(): number {
    if (this.#fault?.read()?.number() === 1) return Number.NaN;
    const degrees = (this.#input.read()?.number() ?? Number.NaN) / MILLI;
    const believed = degrees > BELIEVED.min && degrees < BELIEVED.max && degrees !== UNCONNECTED;
    return believed ? degrees : Number.NaN;
  }
}

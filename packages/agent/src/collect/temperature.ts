/**
 * Temperatures from /sys/class/hwmon, or from thermal zones where there is no hwmon sensor (small boards). Reading some
 * sensors costs milliseconds in the driver, so they are read every 5 s and held in between.
 */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { limits, seriesKey } from '@openmanager/protocol';
import type { Source } from './collector.ts';
import { larger } from './fold.ts';
import { TextFile } from './text-file.ts';

const METRIC = 'hw.temperature';
const LIMIT = 32;
const READ_EVERY_MS = 5_000;
const DISCOVER_EVERY_MS = 5 * MINUTE_MS;
const MILLI = 1000;
/** Plausible range, °C; readings outside come from broken sensors and are dropped. */
const BELIEVED = { min: -60, max: 200 } as const;

interface Sensor {
  readonly id: string;
  readonly name: string;
  readonly file: string;
}

export class TemperatureSource implements Source {
  keys: readonly string[] = [];
  values: Float64Array = new Float64Array(0);
  readonly #root: string;
  #files: readonly TextFile[] = [];
  #readMs = Number.NEGATIVE_INFINITY;
  #discoveredMs = Number.NEGATIVE_INFINITY;

  constructor(root: string) {
    this.#root = root;
  }

  read(nowMs: number): void {
    if (nowMs - this.#readMs < READ_EVERY_MS - 100) return;
    this.#readMs = nowMs;
    if (nowMs - this.#discoveredMs >= DISCOVER_EVERY_MS) {
      this.#discoveredMs = nowMs;
      this.#discover();
    }
    let hottest = Number.NaN;
    for (const [index, file] of this.#files.entries()) {
      const degrees = (file.read()?.number() ?? Number.NaN) / MILLI;
      const value = degrees >= BELIEVED.min && degrees <= BELIEVED.max ? degrees : Number.NaN;
      this.values[index + 1] = value;
      hottest = larger(hottest, value);
    }
    if (this.#files.length > 0) this.values[0] = hottest;
  }

  close(): void {
    for (const file of this.#files) file.close();
    this.#files = [];
  }

  #discover(): void {
    let sensors = hwmonSensors(`${this.#root}/sys/class/hwmon`);
    if (sensors.length === 0) sensors = thermalZones(`${this.#root}/sys/class/thermal`);
    sensors = sensors.slice(0, LIMIT);
    const keys =
      sensors.length === 0
        ? []
        : [
            METRIC,
            ...sensors.map(({ id, name }) => seriesKey(METRIC, { 'hw.id': id, 'hw.name': name })),
          ];
    this.close();
    this.#files = sensors.map((sensor) => new TextFile(sensor.file));
    if (keys.length === this.keys.length && keys.every((key, at) => key === this.keys[at])) return;
    this.keys = keys;
    this.values = new Float64Array(keys.length).fill(Number.NaN);
  }
}

function line(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim().slice(0, limits.nameLength);
  } catch {
    return undefined;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  } catch {
    return [];
  }
}

/** hwmon numbers change from boot to boot: a sensor is named by its chip, and by its device where chips repeat. */
function hwmonSensors(folder: string): Sensor[] {
  const chips = list(folder).map((chip) => ({
    chip,
    name: line(`${folder}/${chip}/name`) ?? chip,
  }));
  return chips.flatMap(({ chip, name }) => {
    const repeated = chips.filter((other) => other.name === name).length > 1;
    const prefix = repeated ? `${name}_${deviceOf(`${folder}/${chip}`)}` : name;
    return list(`${folder}/${chip}`)
      .map((file) => /^(temp\d+)_input$/.exec(file)?.[1])
      .filter((channel) => channel !== undefined)
      .map((channel) => ({
        id: `${prefix}_${channel}`,
        name: line(`${folder}/${chip}/${channel}_label`) ?? name,
        file: `${folder}/${chip}/${channel}_input`,
      }));
  });
}

function deviceOf(chip: string): string {
  try {
    return basename(readlinkSync(`${chip}/device`));
  } catch {
    return basename(chip);
  }
}

function thermalZones(folder: string): Sensor[] {
  return list(folder)
    .filter((zone) => zone.startsWith('thermal_zone'))
    .map((zone) => ({
      id: zone,
      name: line(`${folder}/${zone}/type`) ?? zone,
      file: `${folder}/${zone}/temp`,
    }));
}

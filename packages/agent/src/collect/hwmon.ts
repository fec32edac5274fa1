/**
 * Fans, voltages, currents and power at the sensors of /sys/class/hwmon. Boards take milliseconds to answer, so they are
 * asked each 30 s; a device that the kernel has put to sleep, such as a graphics card, is not woken.
 */
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { seriesKey } from '@openmanager/protocol';
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { nameIn, namesIn, numberIn, textIn } from './kernel-folder.ts';
import type { Reader } from './readings.ts';
import { cutName } from './raw-name.ts';

const DISCOVER_EVERY_MS = 5 * MINUTE_MS;
/** Sensors of each kind, in the order of chips and channels. */
const LIMIT = 32;

interface Kind {
  readonly metric: string;
  /** Files that may hold the value, the better one first. */
  readonly files: readonly string[];
  readonly unit: number;
}
/** By the first letters of their files (https://docs.kernel.org/hwmon/sysfs-interface.html). */
const KINDS: Readonly<Record<string, Kind>> = {
  fan: { metric: 'hw.fan.speed', files: ['input'], unit: 1 },
  in: { metric: 'hw.voltage', files: ['input'], unit: 1e-3 },
  curr: { metric: 'hw.current', files: ['input'], unit: 1e-3 },
  power: { metric: 'hw.power', files: ['average', 'input'], unit: 1e-6 },
};

interface Sensor {
  readonly key: string;
  readonly file: string;
  readonly fault: string | undefined;
  readonly unit: number;
  /** Says whether the device sleeps. */
  readonly status: string;
}

interface Chip {
  readonly folder: string;
  readonly number: string;
  readonly name: string;
}

/** Drivers of old keep their files in the folder of the device. */
function chipsIn(folder: string): Chip[] {
  return namesIn(folder).map((number) => {
    const own = `${folder}/${number}`;
    const name = nameIn(`${own}/name`) || nameIn(`${own}/device/name`) || number;
    const files = namesIn(own).some((file) => /^[a-z]+\d+_/.test(file));
    return { folder: files ? own : `${own}/device`, number, name };
  });
}

/** hwmon numbers change from boot to boot: a sensor is named by its chip, and by its device where chips repeat. */
function sensorsOf(chip: Chip, chips: readonly Chip[]): (Sensor & { readonly metric: string })[] {
  const repeated = chips.filter((other) => other.name === chip.name).length > 1;
  const prefix = repeated ? `${chip.name}_${deviceOf(chip)}` : chip.name;
  const files = new Set(namesIn(chip.folder));
  const channels = new Set(
    [...files].map((file) => /^((?:fan|in|curr|power)\d+)_/.exec(file)?.[1]),
  );
  return [...channels].flatMap((channel) => {
    const kind = KINDS[channel?.replace(/\d+$/, '') ?? ''];
    const file = kind?.files.find((one) => files.has(`${channel}_${one}`));
    if (channel === undefined || !kind || file === undefined) return [];
    const name = nameIn(`${chip.folder}/${channel}_label`) || `${chip.name} ${channel}`;
    return {
      metric: kind.metric,
      key: seriesKey(kind.metric, {
        'hw.id': cutName(`${prefix}_${channel}`),
        'hw.name': cutName(name),
      }),
      file: `${chip.folder}/${channel}_${file}`,
      fault: files.has(`${channel}_fault`) ? `${chip.folder}/${channel}_fault` : undefined,
      unit: kind.unit,
      status: `${chip.folder}/device/power/runtime_status`,
    };
  });
}

function deviceOf({ folder, number }: Chip): string {
  try {
    return basename(readlinkSync(`${folder}/device`));
  } catch {
    return number;
  }
}

export function hwmonReader(root: string): Reader {
  let sensors: readonly Sensor[] = [];
  let notListed = 0;
  let discoveredMs = Number.NEGATIVE_INFINITY;
  const discover = (): void => {
    const chips = chipsIn(`${root}/sys/class/hwmon`);
    const found = chips.flatMap((chip) => sensorsOf(chip, chips));
    sensors = Object.values(KINDS).flatMap(({ metric }) =>
      found.filter((sensor) => sensor.metric === metric).slice(0, LIMIT),
    );
    notListed = found.length - sensors.length;
  };
  return {
    everyMs: 30_000,
    get notListed() {
      return notListed;
    },
    read(add, nowMs) {
      if (nowMs - discoveredMs >= DISCOVER_EVERY_MS) {
        discoveredMs = nowMs;
        discover();
      }
      const asleep = new Map<string, boolean>();
      for (const { key, file, fault, unit, status } of sensors) {
        if (!asleep.has(status)) asleep.set(status, textIn(status) === 'suspended');
        const wrong = asleep.get(status) || (fault !== undefined && numberIn(fault) === 1);
        add(key, wrong ? Number.NaN : numberIn(file) * unit);
      }
    },
  };
}

/** The temperature sensors there are, in /sys/class/hwmon and /sys/class/thermal. Nothing here asks the hardware. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { shownName } from './raw-name.ts';

export interface Sensor {
  /** The same after a restart of the machine, as far as its drivers allow. */
  readonly id: string;
  readonly name: string;
  /** Where the temperature is read, m°C. */
  readonly file: string;
  /** 1 while the reading is wrong, for chips that know. */
  readonly fault: string | undefined;
  /** The first of its chip, which is that of the whole: a package, a disk. */
  readonly first: boolean;
  /** Of a processor, rather than of a board, disk or battery. */
  readonly cpu: boolean;
  /** Folder of the device that is asked. */
  readonly device: string | undefined;
  readonly disk: 'drivetemp' | 'nvme' | undefined;
}

/** Drivers of processors, and what vendors call the thermal zones of theirs. */
const CPU =
  /^(?:coretemp|k8temp|k10temp|zenpower|zenergy|bcm2835_thermal|soc[-_]thermal|soc_dts\d*|x86_pkg_temp|cluster\d+[-_]thermal|(?:big|little)-?core\d*[-_]thermal)$|cpu/i;
/** A label such as "CPU" or "CPU Package"; not CPUTIN, an input that boards leave open. */
const CPU_LABEL = /^CPU\b/i;

export function sensors(root: string): Sensor[] {
  const chips = hwmonChips(`${root}/sys/class/hwmon`);
  const found = [
    ...chips.flatMap((chip) => sensorsOf(chip, chips)),
    ...thermalZones(`${root}/sys/class/thermal`, new Set(chips.map(({ name }) => name))),
  ];
  const ids = new Set<string>();
  return found.map((sensor) => {
    let { id } = sensor;
    for (let copy = 2; ids.has(id); copy++) id = `${sensor.id}_${copy}`;
    ids.add(id);
    return { ...sensor, id };
  });
}

interface Chip {
  readonly folder: string;
  readonly name: string;
  readonly files: readonly string[];
}

/** Drivers of old keep their attributes in the folder of the device. */
function hwmonChips(folder: string): Chip[] {
  return list(folder).map((number) => {
    const own = `${folder}/${number}`;
    const files = list(own);
    const name = line(`${own}/name`) ?? line(`${own}/device/name`) ?? number;
    return files.some((file) => INPUT.test(file))
      ? { folder: own, name, files }
      : { folder: `${own}/device`, name, files: list(`${own}/device`) };
  });
}

const INPUT = /^(temp\d+)_input$/;

/** hwmon numbers change from boot to boot: a sensor is named by its chip, and by its device where chips repeat. */
function sensorsOf({ folder, name, files }: Chip, chips: readonly Chip[]): Sensor[] {
  const repeated = chips.filter((other) => other.name === name).length > 1;
  const prefix = repeated ? `${name}_${deviceOf(folder)}` : name;
  const channels = files.map((file) => INPUT.exec(file)?.[1]).filter((one) => one !== undefined);
  const labels = channels.map((channel) => line(`${folder}/${channel}_label`));
  return channels.map((channel, at) => {
    const label = labels[at] || name;
    return {
      id: `${prefix}_${channel}`,
      name: label,
      file: `${folder}/${channel}_input`,
      fault: files.includes(`${channel}_fault`) ? `${folder}/${channel}_fault` : undefined,
      first: at === 0,
      // Tctl has an offset on the processors that have Tdie, too.
      cpu:
        (CPU.test(name) && !(label === 'Tctl' && labels.includes('Tdie'))) || CPU_LABEL.test(label),
      device: `${folder}/device`,
      disk: name === 'drivetemp' || name === 'nvme' ? name : undefined,
    };
  });
}

/** Most zones are hwmon chips as well, under their type with underscores. */
function thermalZones(folder: string, chips: ReadonlySet<string>): Sensor[] {
  return list(folder)
    .filter((zone) => zone.startsWith('thermal_zone'))
    .flatMap((zone) => {
      const type = line(`${folder}/${zone}/type`) || zone;
      if (chips.has(type) || chips.has(type.replaceAll('-', '_'))) return [];
      return {
        id: zone,
        name: type,
        file: `${folder}/${zone}/temp`,
        fault: undefined,
        first: true,
        cpu: CPU.test(type),
        device: undefined,
        disk: undefined,
      };
    });
}

function deviceOf(chip: string): string {
  try {
    return shownName(basename(readlinkSync(`${chip}/device`, 'latin1')));
  } catch {
    return basename(chip);
  }
}

function line(path: string): string | undefined {
  try {
    return shownName(readFileSync(path, 'latin1').trim());
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

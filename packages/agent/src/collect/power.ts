/** Power: what CPU packages draw, by their energy counters (powercap, RAPL), and batteries, UPSes and mains. */
import { seriesKey } from '@openmanager/protocol';
import { nameIn, namesIn, numberIn, textIn } from './kernel-folder.ts';
import { cutName } from './raw-name.ts';
import type { Add, Reader } from './readings.ts';

const MICRO = 1e-6;
/** By name: packages before their parts. */
const ZONES = 32;
const SUPPLIES = 16;

interface Zone {
  readonly id: string;
  readonly name: string;
  readonly file: string;
  /** µJ at which the counter begins anew. */
  readonly range: number;
}

/** `intel-rapl:0` is a package, `intel-rapl:0:1` a part of it; AMD's have the same names. */
function zones(folder: string): Zone[] {
  const names = namesIn(folder).filter((name) => /^intel-rapl(?:-mmio)?(?::\d+)+$/.test(name));
  return names.map((id) => {
    const name = (own: string): string => nameIn(`${folder}/${own}/name`) || own;
    const parent = id.replace(/(:\d+):\d+$/, '$1');
    return {
      id,
      name: parent === id ? name(id) : `${name(parent)} ${name(id)}`,
      file: `${folder}/${id}/energy_uj`,
      range: numberIn(`${folder}/${id}/max_energy_range_uj`),
    };
  });
}

function readSupplies(folder: string, add: Add): number {
  const supplies = namesIn(folder);
  for (const id of supplies.slice(0, SUPPLIES)) {
    const own = `${folder}/${id}`;
    // Of a mouse or a headset.
    if (textIn(`${own}/scope`) === 'Device') continue;
    const attributes = {
      'hw.id': cutName(id),
      'hw.name': nameIn(`${own}/model_name`) || cutName(id),
    };
    const charge = numberIn(`${own}/capacity`) / 100;
    if (!Number.isNaN(charge)) add(seriesKey('hw.battery.charge', attributes), Math.min(1, charge));
    const online = numberIn(`${own}/online`);
    if (!Number.isNaN(online))
      // 2 is a USB supply with a fixed profile.
      add(seriesKey('system.linux.power_supply.online', attributes), Math.min(1, online));
  }
  return Math.max(0, supplies.length - SUPPLIES);
}

export function powerReader(root: string): Reader {
  let notListed = 0;
  let before = new Map<string, number>();
  let beforeMs = Number.NaN;
  return {
    everyMs: 30_000,
    get notListed() {
      return notListed;
    },
    read(add, nowMs) {
      const found = zones(`${root}/sys/class/powercap`);
      const now = new Map<string, number>();
      for (const { id, name, file, range } of found.slice(0, ZONES)) {
        // For root only, since the counter gives secrets away to who may read it often (CVE-2020-8694).
        const energy = numberIn(file);
        if (Number.isNaN(energy)) continue;
        now.set(id, energy);
        const moved = energy - (before.get(id) ?? Number.NaN);
        const joules = (moved < 0 ? moved + range : moved) * MICRO;
        const watts = joules / ((nowMs - beforeMs) / 1000);
        add(
          seriesKey('hw.power', { 'hw.id': cutName(id), 'hw.name': name }),
          Number.isFinite(watts) && watts >= 0 ? watts : Number.NaN,
        );
      }
      before = now;
      beforeMs = nowMs;
      notListed =
        Math.max(0, found.length - ZONES) + readSupplies(`${root}/sys/class/power_supply`, add);
    },
  };
}

/**
 * Links of network interfaces, from /sys/class/net: speed, carrier, and errors by cause, which tell a bad cable (crc)
 * from a host that is too slow (missed, fifo). Of physical interfaces, and bonds with their members; where there are none,
as in a container, of all but loopback.
 */
import { existsSync } from 'node:fs';
import { seriesKey } from '@openmanager/protocol';
import { namesIn, numberIn, textIn } from './kernel-folder.ts';
import { LONG_BITS } from './rate.ts';
import { type Add, Rates, type Reader } from './readings.ts';

const BITS_PER_MEGABIT = 1e6;
/** By name. */
const LIMIT = 64;

/** Counters of `statistics`, https://docs.kernel.org/networking/statistics.html */
const CAUSES = [
  ['receive', 'crc', 'rx_crc_errors'],
  ['receive', 'length', 'rx_length_errors'],
  ['receive', 'frame', 'rx_frame_errors'],
  ['receive', 'fifo', 'rx_fifo_errors'],
  ['receive', 'overrun', 'rx_over_errors'],
  ['receive', 'missed', 'rx_missed_errors'],
  ['transmit', 'carrier', 'tx_carrier_errors'],
  ['transmit', 'aborted', 'tx_aborted_errors'],
  ['transmit', 'fifo', 'tx_fifo_errors'],
  ['transmit', 'heartbeat', 'tx_heartbeat_errors'],
  ['transmit', 'window', 'tx_window_errors'],
  ['transmit', 'collision', 'collisions'],
] as const;

interface Interface {
  readonly name: string;
  readonly folder: string;
  readonly bond: boolean;
}

function interfaces(folder: string): Interface[] {
  const all = namesIn(folder)
    .filter((name) => name !== 'lo' && existsSync(`${folder}/${name}/ifindex`))
    .map((name) => ({
      name,
      folder: `${folder}/${name}`,
      bond: existsSync(`${folder}/${name}/bonding`),
    }));
  const wanted = all.filter(({ folder: own, bond }) => bond || existsSync(`${own}/device`));
  return wanted.length > 0 ? wanted : all;
}

function readBond({ name, folder }: Interface, add: Add): void {
  const members = (textIn(`${folder}/bonding/slaves`) ?? '').split(' ').filter((one) => one !== '');
  // Linux before 3.13 links them under another name.
  const up = members.filter((one) =>
    ['lower', 'slave'].some(
      (link) => textIn(`${folder}/${link}_${one}/bonding_slave/mii_status`) === 'up',
    ),
  );
  for (const [state, count] of [
    ['active', up.length],
    ['inactive', members.length - up.length],
  ] as const)
    add(
      seriesKey('system.linux.network.bond.members', { 'network.interface.name': name, state }),
      count,
    );
}

export function linkReader(root: string): Reader {
  const rates = new Rates();
  let notListed = 0;
  return {
    everyMs: 30_000,
    get notListed() {
      return notListed;
    },
    read(add, nowMs) {
      const found = interfaces(`${root}/sys/class/net`);
      notListed = Math.max(0, found.length - LIMIT);
      rates.begin(nowMs);
      for (const one of found.slice(0, LIMIT)) {
        const { name, folder } = one;
        const attributes = { 'network.interface.name': name };
        // −1 and the like where the driver does not know.
        const megabits = numberIn(`${folder}/speed`);
        if (megabits > 0)
          add(
            seriesKey('hw.network.bandwidth.limit', attributes),
            (megabits * BITS_PER_MEGABIT) / 8,
          );
        const carrier = numberIn(`${folder}/carrier`);
        // An interface that is switched off refuses to say.
        if (!Number.isNaN(carrier))
          add(seriesKey('system.linux.network.carrier', attributes), carrier);
        const changes = numberIn(`${folder}/carrier_changes`);
        if (!Number.isNaN(changes))
          add(
            seriesKey('system.linux.network.carrier.changes', attributes),
            rates.perSecond(`${name} changes`, changes, 32),
          );
        for (const [direction, cause, file] of CAUSES) {
          const count = numberIn(`${folder}/statistics/${file}`);
          const rate = rates.perSecond(`${name} ${file}`, count, LONG_BITS);
          // Twelve causes of which none ever occurred would be twelve series of nothing.
          if (count > 0)
            add(
              seriesKey('system.linux.network.errors', {
                ...attributes,
                'network.io.direction': direction,
                'error.type': cause,
              }),
              rate,
            );
        }
        if (one.bond) readBond(one, add);
      }
    },
  };
}

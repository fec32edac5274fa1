/** State of ZFS pools, as the module tells it in /proc/spl/kstat/zfs/<pool>/state. */
import { seriesKey } from '@openmanager/protocol';
import { namesIn, textIn } from './kernel-folder.ts';
import type { Reader } from './readings.ts';

const STATES = [
  'online',
  'degraded',
  'faulted',
  'offline',
  'removed',
  'unavail',
  'suspended',
] as const;
/** Pools that are not online come first, then by name. */
const LIMIT = 16;

export function zfsReader(root: string): Reader {
  const folder = `${root}/proc/spl/kstat/zfs`;
  let notListed = 0;
  return {
    everyMs: 30_000,
    get notListed() {
      return notListed;
    },
    read(add) {
      const pools = namesIn(folder)
        .map((name) => ({ name, state: textIn(`${folder}/${name}/state`)?.toLowerCase() }))
        .filter(({ state }) => state !== undefined)
        .sort((a, b) => Number(a.state === 'online') - Number(b.state === 'online'));
      notListed = Math.max(0, pools.length - LIMIT);
      for (const pool of pools.slice(0, LIMIT))
        for (const state of STATES)
          add(
            seriesKey('system.linux.zfs.pool.state', { 'zfs.pool': pool.name, state }),
            state === pool.state ? 1 : 0,
          );
    },
  };
}

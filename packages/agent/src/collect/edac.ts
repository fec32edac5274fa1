/** Errors that memory controllers found (EDAC), as counted since their driver was loaded. */
import { seriesKey } from '@openmanager/protocol';
import { namesIn, numberIn } from './kernel-folder.ts';
import type { Reader } from './readings.ts';

const COUNTS = [
  ['corrected', 'ce_count'],
  ['uncorrected', 'ue_count'],
] as const;
/** By number; machines have one per socket, or a few. */
const LIMIT = 32;

export function edacReader(root: string): Reader {
  const folder = `${root}/sys/devices/system/edac/mc`;
  let notListed = 0;
  return {
    everyMs: 30_000,
    get notListed() {
      return notListed;
    },
    read(add) {
      const controllers = namesIn(folder).filter((name) => /^mc\d+$/.test(name));
      notListed = Math.max(0, controllers.length - LIMIT);
      for (const [type, file] of COUNTS) {
        const counts = controllers.map((id) => numberIn(`${folder}/${id}/${file}`));
        if (counts.length === 0) return;
        add(
          seriesKey('system.linux.edac.errors', { 'error.type': type }),
          counts.reduce((sum, count) => sum + (count || 0), 0),
        );
        for (const [at, id] of controllers.slice(0, LIMIT).entries())
          add(
            seriesKey('system.linux.edac.errors', { 'hw.id': id, 'error.type': type }),
            counts[at] as number,
          );
      }
    },
  };
}

/** /proc/sys/kernel/random/entropy_avail; it matters where it runs out, before Linux 5.6. */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { numberIn } from './kernel-folder.ts';
import type { Reader } from './readings.ts';

export function entropyReader(root: string): Reader {
  return {
    everyMs: MINUTE_MS,
    read(add) {
      const bits = numberIn(`${root}/proc/sys/kernel/random/entropy_avail`);
      if (!Number.isNaN(bits)) add('system.linux.entropy.available', bits);
    },
  };
}

/** /proc/vmstat: page faults, and processes killed because memory had run out (since Linux 4.13). */
import { seriesKey } from '@openmanager/protocol';
import { LONG_BITS } from './rate.ts';
import { Rates, type Reader } from './readings.ts';
import { TextFile } from './text-file.ts';

const faults = (type: string): string =>
  seriesKey('system.paging.faults', { 'system.paging.fault.type': type });
const MAJOR = faults('major');
const MINOR = faults('minor');

export function vmstatReader(root: string): Reader {
  const file = new TextFile(`${root}/proc/vmstat`);
  const rates = new Rates();
  return {
    everyMs: 0,
    read(add, nowMs) {
      const text = file.read();
      if (!text) return;
      rates.begin(nowMs);
      let all = Number.NaN;
      let major = Number.NaN;
      let kills = Number.NaN;
      for (; !text.done; text.nextLine())
        if (text.take('pgfault ')) all = text.number();
        else if (text.take('pgmajfault ')) major = text.number();
        else if (text.take('oom_kill ')) kills = text.number();
      const majorRate = rates.perSecond('major', major, LONG_BITS);
      add(MAJOR, majorRate);
      // Each total is a sum over the cores that is not taken at one instant.
      add(MINOR, Math.max(0, rates.perSecond('all', all, LONG_BITS) - majorRate));
      if (!Number.isNaN(kills))
        add('system.linux.memory.oom_kills', rates.perSecond('kills', kills, LONG_BITS));
    },
    close: () => file.close(),
  };
}

/** The connection table of the firewall (nf_conntrack): how full it is, and what it had to refuse. */
import { seriesKey } from '@openmanager/protocol';
import { netFile } from './net-tables.ts';
import { Rates, type Reader } from './readings.ts';
import { TextFile } from './text-file.ts';

const REASONS = ['drop', 'early_drop', 'insert_failed'] as const;
const DROPPED = REASONS.map((reason) => seriesKey('system.linux.conntrack.dropped', { reason }));

/** Sums over the cores; a line of names, then one of hexadecimal numbers per core. */
function sums(text: string): readonly number[] {
  const [head = '', ...rows] = text.split('\n').filter((line) => line !== '');
  const names = head.split(/\s+/);
  const cells = rows.map((row) => row.split(/\s+/));
  return REASONS.map((reason) => {
    const at = names.indexOf(reason);
    return cells.reduce((sum, row) => sum + Number.parseInt(row[at] ?? '', 16), 0);
  });
}

export function conntrackReader(root: string): Reader {
  const folder = `${root}/proc/sys/net/netfilter`;
  const count = new TextFile(`${folder}/nf_conntrack_count`);
  const most = new TextFile(`${folder}/nf_conntrack_max`);
  const counters = netFile(root, 'stat/nf_conntrack');
  const rates = new Rates();
  return {
    everyMs: 0,
    read(add, nowMs) {
      // The module is loaded when the first rule needs it.
      const usage = count.read()?.number();
      if (usage === undefined) return;
      const limit = most.read()?.number() ?? Number.NaN;
      add('system.linux.conntrack.usage', usage);
      add('system.linux.conntrack.limit', limit);
      // Expected connections may go a little beyond the limit.
      add(
        'system.linux.conntrack.utilization',
        limit > 0 ? Math.min(1, usage / limit) : Number.NaN,
      );
      const text = counters.read()?.raw();
      rates.begin(nowMs);
      if (text === undefined) return;
      for (const [at, sum] of sums(text).entries())
        if (!Number.isNaN(sum))
          add(DROPPED[at] as string, rates.perSecond(DROPPED[at] as string, sum));
    },
    close: () => [count, most, counters].forEach((file) => file.close()),
  };
}

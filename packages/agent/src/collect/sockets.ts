/** /proc/net/sockstat and sockstat6: sockets by transport, IPv4 and IPv6 together, and the memory of their buffers. */
import { seriesKey } from '@openmanager/protocol';
import { kernelConstants } from './kernel-constants.ts';
import { netFile } from './net-tables.ts';
import type { Reader } from './readings.ts';

const COUNT = 'system.linux.socket.count';
const MEMORY = 'system.linux.socket.memory';
const tcp = { 'network.transport': 'tcp' } as const;
const udp = { 'network.transport': 'udp' } as const;
const TIME_WAIT = seriesKey('system.network.connection.count', {
  ...tcp,
  'network.connection.state': 'time_wait',
});

/** `TCP: inuse 5 orphan 0 …` as `TCP.inuse`. */
function numbersOf(text: string): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [section = '', ...words] = line.split(' ');
    for (let at = 0; at + 1 < words.length; at += 2)
      numbers.set(section.slice(0, -1) + '.' + words[at], Number(words[at + 1]));
  }
  return numbers;
}

export function socketReader(root: string): Reader {
  const files = [netFile(root, 'sockstat'), netFile(root, 'sockstat6')];
  const { pageBytes } = kernelConstants(root);
  const series: readonly (readonly [string, (of: (name: string) => number) => number])[] = [
    [COUNT, (of) => of('sockets.used')],
    // A kernel without IPv6 has no second file.
    [seriesKey(COUNT, tcp), (of) => of('TCP.inuse') + (of('TCP6.inuse') || 0)],
    [seriesKey(COUNT, { ...tcp, state: 'orphaned' }), (of) => of('TCP.orphan')],
    [seriesKey(COUNT, { ...tcp, state: 'allocated' }), (of) => of('TCP.alloc')],
    [seriesKey(COUNT, udp), (of) => of('UDP.inuse') + (of('UDP6.inuse') || 0)],
    [TIME_WAIT, (of) => of('TCP.tw')],
    [seriesKey(MEMORY, tcp), (of) => of('TCP.mem') * pageBytes],
    [seriesKey(MEMORY, udp), (of) => of('UDP.mem') * pageBytes],
  ];
  return {
    everyMs: 0,
    read(add) {
      const numbers = numbersOf(files.map((file) => file.read()?.raw() ?? '').join('\n'));
      if (numbers.size === 0) return;
      const of = (name: string): number => numbers.get(name) ?? Number.NaN;
      for (const [key, value] of series) add(key, value(of));
    },
    close: () => files.forEach((file) => file.close()),
  };
}

/**
 * /proc/net/snmp and netstat: segments, retransmits and errors of TCP (IPv4 and IPv6 together) and of UDP over IPv4.
 * Counters are `unsigned long`.
 */
import { seriesKey } from '@openmanager/protocol';
import { NamedNumbers, netFile } from './net-tables.ts';
import { LONG_BITS } from './rate.ts';
import { Rates, type Reader } from './readings.ts';

const way = (metric: string, direction: 'receive' | 'transmit'): string =>
  seriesKey(metric, { 'network.io.direction': direction });
const error = (transport: 'tcp' | 'udp', type: string): string =>
  seriesKey(`system.linux.${transport}.errors`, { 'error.type': type });

/** The kernel's name of a counter, and the series of its rate. */
const COUNTERS: readonly (readonly [name: string, key: string])[] = [
  ['Tcp.InSegs', way('system.linux.tcp.segments', 'receive')],
  ['Tcp.OutSegs', way('system.linux.tcp.segments', 'transmit')],
  ['Tcp.RetransSegs', 'system.linux.tcp.retransmits'],
  ['Tcp.PassiveOpens', way('system.linux.tcp.opened', 'receive')],
  ['Tcp.ActiveOpens', way('system.linux.tcp.opened', 'transmit')],
  ['Tcp.AttemptFails', error('tcp', 'attempt_failed')],
  ['Tcp.EstabResets', error('tcp', 'reset')],
  ['Tcp.InErrs', error('tcp', 'bad_segment')],
  ['Tcp.OutRsts', error('tcp', 'reset_sent')],
  ['TcpExt.ListenOverflows', error('tcp', 'listen_overflow')],
  ['TcpExt.ListenDrops', error('tcp', 'listen_drop')],
  ['TcpExt.TCPTimeouts', error('tcp', 'timeout')],
  ['Udp.InDatagrams', way('system.linux.udp.datagrams', 'receive')],
  ['Udp.OutDatagrams', way('system.linux.udp.datagrams', 'transmit')],
  ['Udp.NoPorts', error('udp', 'no_port')],
  ['Udp.InErrors', error('udp', 'bad_datagram')],
  ['Udp.RcvbufErrors', error('udp', 'receive_buffer_full')],
  ['Udp.SndbufErrors', error('udp', 'send_buffer_full')],
  ['Udp.InCsumErrors', error('udp', 'bad_checksum')],
];
const CURRENT = 'Tcp.CurrEstab';
const ESTABLISHED = seriesKey('system.network.connection.count', {
  'network.transport': 'tcp',
  'network.connection.state': 'established',
});

export function transportReader(root: string): Reader {
  const files = [netFile(root, 'snmp'), netFile(root, 'netstat')];
  const table = new NamedNumbers([...COUNTERS.map(([name]) => name), CURRENT]);
  const numbers = new Map<string, number>();
  const rates = new Rates();
  return {
    everyMs: 0,
    read(add, nowMs) {
      numbers.clear();
      for (const file of files) table.read(file.read()?.raw() ?? '', numbers);
      rates.begin(nowMs);
      for (const [name, key] of COUNTERS) {
        const counter = numbers.get(name);
        if (counter === undefined) continue;
        const rate = rates.perSecond(name, counter, LONG_BITS);
        // Errors that never occurred would be a dozen series of nothing.
        if (counter > 0 || !key.includes('.errors{')) add(key, rate);
      }
      const established = numbers.get(CURRENT);
      if (established !== undefined) add(ESTABLISHED, established);
    },
    close: () => files.forEach((file) => file.close()),
  };
}

import { afterEach, describe, expect, it } from 'vitest';
import { type Fixture, fixture, valuesOf } from '../../test/fixture.ts';
import type { Choice } from './choice.ts';
import { NetworkSource } from './network.ts';

let tree: Fixture;
afterEach(() => tree.remove());

interface Interface {
  /** Bytes received in the step of a second. */
  readonly bytes: number;
  readonly device?: true;
  readonly master?: string;
  readonly lower?: readonly string[];
  /** Files of its folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** Bus of its device. */
  readonly subsystem?: string;
  /** Nothing of it in sysfs. */
  readonly unknown?: true;
}
type Machine = Readonly<Record<string, Interface>>;

const DEFAULT = '00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0';
const routes = (...lines: readonly string[]): string =>
  ['Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT', ...lines]
    .map((line) => `${line}\n`)
    .join('');

function dev(machine: Machine, times: number): string {
  const lines = Object.entries(machine).map(
    ([name, { bytes }]) =>
      `${name.padStart(6)}: ${bytes * times} 0 0 0 0 0 0 0 ${bytes * times * 2} 0 0 0 0 0 0 0\n`,
  );
  return `Inter-|   Receive\n face |bytes\n${lines.join('')}`;
}

function open(machine: Machine, route = '', choice?: Choice): NetworkSource {
  tree = fixture({ '/proc/self/net/dev': dev(machine, 0), '/proc/self/net/route': route });
  for (const [name, { device, subsystem, master, lower, files = {}, unknown }] of Object.entries(
    machine,
  )) {
    const folder = `/sys/class/net/${name}`;
    if (unknown) continue;
    tree.write(`${folder}/ifindex`, '1\n');
    if (device) tree.write(`${folder}/device/vendor`, '0x8086\n');
    if (subsystem) tree.link(`${folder}/device/subsystem`, `../../../bus/${subsystem}`);
    if (master !== undefined) tree.link(`${folder}/master`, `../${master}`);
    for (const name of lower ?? []) tree.link(`${folder}/lower_${name}`, `../${name}`);
    for (const [file, content] of Object.entries(files)) tree.write(`${folder}/${file}`, content);
  }
  const network = new NetworkSource(tree.root, choice);
  network.read(0);
  return network;
}

/** Bytes received per second in all. */
function total(machine: Machine, route = '', choice?: Choice): number {
  const network = open(machine, route, choice);
  tree.write('/proc/self/net/dev', dev(machine, 1));
  network.read(1000);
  network.close();
  return network.values[0] as number;
}

const type = (number: number): { readonly type: string } => ({ type: `${number}\n` });

describe('each byte is counted once', () => {
  it.each<[string, Machine, number, string?]>([
    [
      'an accelerated function below its synthetic interface (Azure)',
      {
        eth0: { bytes: 1000, device: true, lower: ['enP1s1'] },
        enP1s1: { bytes: 980, device: true, master: 'eth0' },
      },
      1000,
    ],
    [
      'the same as a port of a bond',
      {
        bond0: { bytes: 1000, lower: ['eth0'] },
        eth0: { bytes: 1000, device: true, master: 'bond0', lower: ['enP1s1'] },
        enP1s1: { bytes: 980, device: true, master: 'eth0' },
      },
      1000,
    ],
    [
      'ports of a switch (DSA) over the interface that leads to it',
      {
        eth0: { bytes: 900, device: true },
        lan1: { bytes: 500, device: true, lower: ['eth0'], master: 'br-lan' },
        lan2: { bytes: 400, device: true, lower: ['eth0'], master: 'br-lan' },
        'br-lan': { bytes: 900, lower: ['lan1', 'lan2'] },
      },
      900,
    ],
    [
      'ports of a switch over a bond of two',
      {
        eth0: { bytes: 500, device: true, master: 'bond0' },
        eth1: { bytes: 400, device: true, master: 'bond0' },
        bond0: { bytes: 900, lower: ['eth0', 'eth1'] },
        lan1: { bytes: 900, device: true, lower: ['bond0'] },
      },
      900,
    ],
    [
      'a bond, a VLAN on it and a bridge on that',
      {
        eth0: { bytes: 600, device: true, master: 'bond0' },
        eth1: { bytes: 400, device: true, master: 'bond0' },
        bond0: { bytes: 1000, lower: ['eth0', 'eth1'] },
        'bond0.7': { bytes: 1000, lower: ['bond0'], master: 'br0' },
        br0: { bytes: 1000, lower: ['bond0.7'] },
      },
      1000,
    ],
    [
      'macvlan, ipvlan and a team',
      {
        eth0: { bytes: 1000, device: true, master: 'team0' },
        team0: { bytes: 1000, lower: ['eth0'] },
        macvlan0: { bytes: 300, lower: ['team0'] },
        ipvl0: { bytes: 200, lower: ['team0'] },
      },
      1000,
    ],
    [
      'WireGuard over a card',
      { wg0: { bytes: 900, files: type(65534) }, eth0: { bytes: 1000, device: true } },
      1000,
    ],
    [
      'WireGuard over the interface of a container',
      { wg0: { bytes: 900, files: type(65534) }, eth0: { bytes: 1000, files: type(1) } },
      1000,
      routes(`eth0\t${DEFAULT}`),
    ],
    [
      'a tunnel that has the default route, over the interface of a container',
      { nordlynx: { bytes: 900, files: type(65534) }, eth0: { bytes: 1000, files: type(1) } },
      1000,
      routes(`nordlynx\t${DEFAULT}`),
    ],
    [
      'a VPN that looks like a card, over the interface of a container',
      {
        vpn_home: { bytes: 900, files: { ...type(1), tun_flags: '0x1002\n' } },
        eth0: { bytes: 1000, files: type(1) },
      },
      1000,
    ],
    [
      'two networks of a container',
      { eth0: { bytes: 100, files: type(1) }, eth1: { bytes: 900, files: type(1) } },
      1000,
      routes(`eth0\t${DEFAULT}`),
    ],
    [
      'the ends of other cables in a container that has containers',
      {
        eth0: { bytes: 1000, files: type(1) },
        docker0: { bytes: 800, lower: ['veth1'] },
        veth1: { bytes: 800, master: 'docker0' },
      },
      1000,
    ],
    [
      'where sysfs says nothing, the default route decides',
      { strange0: { bytes: 900, unknown: true }, eth0: { bytes: 1000, unknown: true } },
      1000,
      routes('eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0', `eth0\t${DEFAULT}`),
    ],
    ['the only card is a tap', { lo: { bytes: 5 }, tap0: { bytes: 1000, files: type(1) } }, 1000],
    ['the only card is a tun', { tun0: { bytes: 1000, files: type(65534) } }, 1000],
    [
      'a back end of Xen, whose front end is in a guest',
      {
        eth0: { bytes: 1000, device: true },
        'vif1.0': { bytes: 700, device: true, subsystem: 'xen-backend' },
      },
      1000,
    ],
    [
      'ends in the host of functions that guests have (switchdev)',
      {
        eth0: { bytes: 1000, device: true, files: { phys_port_name: 'p0\n' } },
        eth0_0: { bytes: 700, device: true, files: { phys_port_name: 'pf0vf0\n' } },
      },
      1000,
    ],
    [
      'a monitor of the air',
      {
        wlan0: { bytes: 1000, device: true, files: type(1) },
        mon0: { bytes: 5000, device: true, files: type(803) },
      },
      1000,
    ],
    [
      'a modem while no cable is plugged in',
      {
        eth0: { bytes: 0, device: true, files: { carrier: '0\n' } },
        ppp0: { bytes: 1000, files: type(512) },
      },
      1000,
      routes(`ppp0\t${DEFAULT}`),
    ],
    [
      'PPPoE over a card that is up',
      {
        eth0: { bytes: 1000, device: true, files: { carrier: '1\n' } },
        ppp0: { bytes: 980, files: type(512) },
      },
      1000,
      routes(`ppp0\t${DEFAULT}`),
    ],
  ])('%s', (...[, machine, bytes, route]) => {
    expect(total(machine, route)).toBe(bytes);
  });

  it('by the default route of IPv6 as well', () => {
    const machine: Machine = {
      eth0: { bytes: 1000, unknown: true },
      odd0: { bytes: 900, unknown: true },
    };
    const network = open(machine);
    tree.write(
      '/proc/self/net/ipv6_route',
      `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fe80${'0'.repeat(27)}1 00000400 00000001 00000000 00000003     eth0\n` +
        `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} ffffffff 00000001 00000000 00200200       lo\n`,
    );
    const again = new NetworkSource(tree.root);
    again.read(0);
    tree.write('/proc/self/net/dev', dev(machine, 1));
    again.read(1000);
    expect(again.values[0]).toBe(1000);
    network.close();
    again.close();
  });
});

it('a bond that is made later is noticed', () => {
  const machine: Machine = {
    eth0: { bytes: 1000, device: true },
    eth1: { bytes: 900, device: true },
  };
  const network = open(machine);
  tree.write('/proc/self/net/dev', dev(machine, 1));
  network.read(1000);
  expect(network.values[0]).toBe(1900);
  tree.link('/sys/class/net/eth1/master', '../eth0');
  tree.write('/proc/self/net/dev', dev(machine, 61));
  network.read(61_000);
  tree.write('/proc/self/net/dev', dev(machine, 62));
  network.read(62_000);
  expect(network.values[0]).toBe(1000);
  network.close();
});

describe('100 VLANs before the card', () => {
  const vlans = Object.fromEntries(
    Array.from({ length: 100 }, (_, at): [string, Interface] => [
      `eth0.${at + 1}`,
      { bytes: 10, lower: ['eth0'] },
    ]),
  );
  const machine: Machine = {
    ...vlans,
    eth0: { bytes: 1000, device: true },
    usb0: { bytes: 1, device: true, master: 'eth0' },
  };

  it('the card is summed and listed first, and what is not listed is counted', () => {
    const network = open(machine);
    tree.write('/proc/self/net/dev', dev(machine, 1));
    network.read(1000);
    expect(network.values[0]).toBe(1000);
    const names = new Set(network.keys.map((key) => /name="([^"]*)"/.exec(key)?.[1]));
    names.delete(undefined);
    expect(names.size).toBe(64);
    expect(names).toContain('eth0');
    expect(names).toContain('usb0');
    expect(network.notListed).toBe(102 - 64);
    const { keys } = network;
    network.read(2000);
    expect(network.keys).toBe(keys);
    network.close();
  });
});

describe('by choice', () => {
  const machine: Machine = {
    eth0: { bytes: 1000, device: true },
    eth1: { bytes: 500, device: true },
    docker0: { bytes: 300 },
  };

  it('what is excluded is in no sum; what is included is listed, and in none either', () => {
    expect(total(machine, '', { exclude: ['eth1'], include: ['docker*'] })).toBe(1000);
    const network = open(machine, '', { exclude: ['eth1'], include: ['docker*'] });
    const names = new Set(network.keys.map((key) => /name="([^"]*)"/.exec(key)?.[1]));
    expect(names).toEqual(new Set([undefined, 'eth0', 'docker0']));
    network.close();
  });
});

it('names of any bytes are interfaces like others', () => {
  const names = ['카드0', 'a"b', 'sp\\ice', '🚀'];
  tree = fixture({
    '/proc/self/net/dev': dev(Object.fromEntries(names.map((name) => [name, { bytes: 1 }])), 0),
  });
  for (const name of names) tree.write(`/sys/class/net/${name}/device/vendor`, '');
  const network = new NetworkSource(tree.root);
  network.read(0);
  tree.write(
    '/proc/self/net/dev',
    dev(Object.fromEntries(names.map((name) => [name, { bytes: 1 }])), 1),
  );
  network.read(1000);
  expect(network.values[0]).toBe(4);
  const shown = Object.keys(valuesOf(network)).filter((key) =>
    key.startsWith('system.network.io{network.interface'),
  );
  for (const name of names) expect(shown.join('\n')).toContain(JSON.stringify(name));
  network.close();
});

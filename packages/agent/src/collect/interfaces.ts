/**
 * Which interfaces carry the traffic of a host. The same bytes pass a bridge, bond, VLAN or tunnel and the interface
 * below it, so a sum takes each stack at one place: where it meets the wire.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, type PathLike } from 'node:fs';
import { basename } from 'node:path';
import { rawPath } from './raw-name.ts';

/** Host side of containers and virtual machines, and shapers: what passes them passes another one, or stays inside. */
const INNER =
  /^(?:lo\d*|veth.*|docker.*|br-.*|virbr.*|vnet\d+|vif\d+\..*|cni.*|flannel.*|cali.*|cilium.*|lxc.*|lxd.*|podman.*|tap.*|ifb\d+|dummy\d+|sit\d+|ip6tnl\d+|tunl\d+|gre\d+|gretap\d+|erspan\d+|teql\d+|ovs-.*|kube-.*|nodelocaldns|fwbr.*|fwln.*|fwpr.*)$/;
/** Tunnels by the names that everybody gives them, for where sysfs cannot be asked. */
const TUNNEL_NAME = /^(?:wg|tun|ppp|vpn|ipsec|tailscale|zt|vxlan|geneve|gre|vti|xfrm)/;
/** if_arp.h: point to point, tunnels, and no link layer at all (tun, WireGuard). */
const TUNNEL_TYPES = new Set([512, 768, 769, 776, 777, 778, 823, 65534]);
const LOOPBACK_TYPE = 772;
/** Copies of all frames on the air, for monitors. */
const MONITOR_TYPES = new Set([801, 802, 803]);
const TUNNEL_KINDS = new Set([
  'wireguard',
  'vxlan',
  'geneve',
  'macsec',
  'ppp',
  'gretap',
  'bareudp',
]);
/** Ends in the host of functions that were given to virtual machines: their traffic passes the uplink, too. */
const REPRESENTOR = /^(?:c\d+)?pf\d+(?:vf|sf)\d+$/;

export interface Interface {
  readonly name: string;
  /** Something that is plugged in, given by the hypervisor, or else on a bus. */
  readonly physical: boolean;
  readonly loopback: boolean;
  readonly tunnel: boolean;
  /** Of a container, virtual machine or shaper: not listed unless asked for or the only way out. */
  readonly inner: boolean;
  /** sysfs knows it. */
  readonly known: boolean;
  /** Has a carrier, as far as that is known. */
  readonly up: boolean;
  readonly master: string | undefined;
  readonly lower: readonly string[];
}

/** What sysfs says of an interface. */
export function readInterface(folder: string, name: string): Interface {
  const path = (file: string): PathLike => rawPath(`${folder}/`, `${name}/${file}`);
  const type = Number(text(path('type')) || Number.NaN);
  const known = existsSync(path(''));
  const kind = /^DEVTYPE=(.*)$/m.exec(text(path('uevent')))?.[1] ?? '';
  // Xen's back ends have a device, too: the front end is in the guest.
  const physical =
    existsSync(path('device')) &&
    !MONITOR_TYPES.has(type) &&
    !REPRESENTOR.test(text(path('phys_port_name'))) &&
    link(path('device/subsystem')) !== 'xen-backend';
  return {
    name,
    physical,
    loopback: type === LOOPBACK_TYPE || /^lo\d*$/.test(name),
    tunnel:
      TUNNEL_TYPES.has(type) || TUNNEL_KINDS.has(kind) || (!(type > 0) && TUNNEL_NAME.test(name)),
    inner: INNER.test(name),
    known,
    up: !physical || isUp(text(path('carrier')), text(path('operstate'))),
    master: link(path('master')),
    lower: known ? lowerOf(path('')) : [],
  };
}

/** The carrier cannot be read while the interface is set down. */
function isUp(carrier: string, state: string): boolean {
  return carrier === '' ? state !== 'down' : carrier === '1';
}

/** Names of the interfaces whose traffic adds up to that of the host, each byte once. */
export function carriers(
  interfaces: readonly Interface[],
  defaultRoutes: ReadonlySet<string>,
): ReadonlySet<string> {
  const byName = new Map(interfaces.map((one) => [one.name, one]));
  const leaves = interfaces.filter(
    ({ loopback, lower }) => !loopback && !lower.some((name) => byName.has(name)),
  );
  const isDefault = ({ name }: Interface): boolean => defaultRoutes.has(name);

  const physical = interfaces.filter(
    (one) =>
      one.physical &&
      // A slave of a physical interface (an accelerated function, a failover pair) is part of its counters …
      byName.get(one.master ?? '')?.physical !== true &&
      // … and what stands on one otherwise, such as the ports of a switch, sends through it.
      !standsOnPhysical(one, byName),
  );
  if (physical.length > 0) {
    // With every cable unplugged the way out is a modem, which may have no device.
    const modems = physical.some(({ up }) => up) ? [] : leaves.filter(isDefault);
    return new Set([...physical, ...modems].map(({ name }) => name));
  }
  const fallbacks = [
    // What sysfs does not know may stand on another: then the default route decides.
    leaves.filter(
      (one) =>
        !one.inner && !one.tunnel && (one.known || defaultRoutes.size === 0 || isDefault(one)),
    ),
    leaves.filter(isDefault),
    leaves.filter(({ inner }) => !inner),
    leaves,
  ];
  return new Set(fallbacks.find((found) => found.length > 0)?.map(({ name }) => name));
}

/** Whether there is a physical interface somewhere below that is not a slave of this one. */
function standsOnPhysical(one: Interface, byName: ReadonlyMap<string, Interface>): boolean {
  const below = new Set(one.lower);
  for (const name of below) {
    const found = byName.get(name);
    if (!found || found.master === one.name || found === one) continue;
    if (found.physical) return true;
    // A set goes on with what is added while it is walked, and takes nothing twice.
    for (const next of found.lower) below.add(next);
  }
  return false;
}

function text(path: PathLike): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function link(path: PathLike): string | undefined {
  try {
    return basename(readlinkSync(path, 'latin1'));
  } catch {
    return undefined;
  }
}

function lowerOf(folder: PathLike): string[] {
  const prefix = 'lower_';
  try {
    return readdirSync(folder, 'latin1')
      .filter((entry) => entry.startsWith(prefix))
      .map((entry) => entry.slice(prefix.length));
  } catch {
    return [];
  }
}

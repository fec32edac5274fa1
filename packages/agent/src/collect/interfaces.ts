/**
 * Which interfaces carry the traffic of a host. The same bytes pass a bridge, bond, VLAN or tunnel and the interface
 * below it, so a sum takes each stack at one place: where it meets the wire.
 */
import { readdirSync, readFileSync, readlinkSync, type PathLike } from 'node:fs';
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
/** Links to the interfaces that one stands on. */
const LOWER = 'lower_';
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

/** What sysfs says of an interface. A file that is not there costs more than one that is: the folder is listed first. */
export function readInterface(folder: string, name: string): Interface {
  const path = (file: string): PathLike => rawPath(`${folder}/`, `${name}/${file}`);
  const files = new Set(list(path('')));
  const read = (file: string): string => (files.has(file) ? text(path(file)) : '');
  const type = Number(read('type') || Number.NaN);
  const inner = INNER.test(name);
  const physical = files.has('device') && !MONITOR_TYPES.has(type) && !isFarEnd(path, read);
  return {
    name,
    physical,
    loopback: type === LOOPBACK_TYPE || /^lo\d*$/.test(name),
    tunnel: !physical && !inner && isTunnel(name, type, files, read),
    inner,
    known: files.size > 0,
    up: !physical || isUp(read('carrier'), read('operstate')),
    master: files.has('master') ? link(path('master')) : undefined,
    lower: [...files]
      .filter((file) => file.startsWith(LOWER))
      .map((file) => file.slice(LOWER.length)),
  };
}

type Path = (file: string) => PathLike;
type Read = (file: string) => string;

/** The host's end of what a guest has at the other: its traffic passes the uplink, too. */
function isFarEnd(path: Path, read: Read): boolean {
  return (
    REPRESENTOR.test(read('phys_port_name')) || link(path('device/subsystem')) === 'xen-backend'
  );
}

function isTunnel(name: string, type: number, files: ReadonlySet<string>, read: Read): boolean {
  if (TUNNEL_TYPES.has(type) || files.has('tun_flags')) return true;
  if (!(type > 0)) return TUNNEL_NAME.test(name);
  return TUNNEL_KINDS.has(/^DEVTYPE=(.*)$/m.exec(read('uevent'))?.[1] ?? '');
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

function list(folder: PathLike): string[] {
  try {
    return readdirSync(folder, 'latin1');
  } catch {
    return [];
  }
}

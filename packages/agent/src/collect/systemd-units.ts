/** Units of systemd, asked over D-Bus: which failed, and services with what they use. */
import { Bus, type BusValue, type Call } from './dbus.ts';

export interface Unit {
  readonly name: string;
  /** active, reloading, inactive, failed, activating, deactivating, maintenance or refreshing. */
  readonly activeState: string;
  /** Such as running, exited or auto-restart. */
  readonly subState: string;
  /** Restarts by systemd since the unit was started by somebody; NaN for what is no service. */
  readonly restarts: number;
  /** NaN where systemd does not account for memory. */
  readonly memoryBytes: number;
}

export interface UnitsAnswer {
  /** Units of any kind that are in state failed. */
  readonly failed: number;
  readonly units: readonly Unit[];
}

export type AskUnits = () => Promise<UnitsAnswer>;

const DESTINATION = 'org.freedesktop.systemd1';
const MANAGER: Pick<Call, 'destination' | 'path' | 'interface'> = {
  destination: DESTINATION,
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
};
const SERVICE = 'org.freedesktop.systemd1.Service';
const TIMEOUT_MS = 5_000;
/** Services that are asked for restarts and memory in a round; a host with more tells the first ones by name. */
const DETAILED = 1_000;
/** What systemd says of memory that it does not account for: 2⁶⁴ − 1. */
const NOT_ACCOUNTED = 2 ** 63;

interface Row {
  readonly name: string;
  readonly loadState: string;
  readonly activeState: string;
  readonly subState: string;
  readonly path: string;
}

/**
 * `everyKind` lists units of all kinds, which costs systemd more on hosts with thousands of devices and mounts;
 * otherwise services, and what failed.
 */
export async function askUnits(socketPath: string, everyKind = false): Promise<UnitsAnswer> {
  const bus = new Bus({ socketPath, timeoutMs: TIMEOUT_MS });
  try {
    const [failed, rows] = await Promise.all([
      bus.property(MANAGER, 'NFailedUnits'),
      everyKind ? list(bus) : listServices(bus),
    ]);
    const loaded = rows.filter((row) => row.loadState !== 'not-found');
    const detailed = new Set(loaded.filter(isUsed).slice(0, DETAILED));
    const details = await Promise.all([...detailed].map((row) => detail(bus, row)));
    const others = loaded.filter((row) => !detailed.has(row)).map(withoutDetail);
    return { failed: numberOf(failed), units: [...details, ...others] };
  } finally {
    bus.close();
  }
}

const isUsed = (row: Row): boolean =>
  row.name.endsWith('.service') && row.activeState !== 'inactive' && row.subState !== 'exited';

async function listServices(bus: Bus): Promise<readonly Row[]> {
  const listed = (states: string[], patterns: string[]): Promise<readonly Row[]> =>
    list(bus, 'ListUnitsByPatterns', [states, patterns]);
  try {
    const [services, failed] = await Promise.all([
      listed([], ['*.service']),
      listed(['failed'], ['*']),
    ]);
    const others = failed.filter((row) => !row.name.endsWith('.service'));
    return [...services, ...others];
  } catch {
    // systemd before 230 knows the whole list only.
    const all = await list(bus);
    return all.filter((row) => row.name.endsWith('.service') || row.activeState === 'failed');
  }
}

async function list(
  bus: Bus,
  member = 'ListUnits',
  args: Call['arguments'] = [],
): Promise<readonly Row[]> {
  const [units] = await bus.call({ ...MANAGER, member, arguments: args });
  if (!Array.isArray(units)) throw new Error('systemd answered without a list');
  return (units as readonly (readonly BusValue[])[]).map((fields) => ({
    name: String(fields[0]),
    loadState: String(fields[2]),
    activeState: String(fields[3]),
    subState: String(fields[4]),
    path: String(fields[6]),
  }));
}

async function detail(bus: Bus, row: Row): Promise<Unit> {
  const of = { destination: DESTINATION, path: row.path, interface: SERVICE };
  // Older systemd lacks NRestarts, and a unit may be gone by now: then only this value is missing.
  const [restarts, memory] = await Promise.all(
    ['NRestarts', 'MemoryCurrent'].map((name) =>
      bus.property(of, name).then(numberOf, () => Number.NaN),
    ),
  );
  const memoryBytes = memory as number;
  return {
    ...withoutDetail(row),
    restarts: restarts as number,
    memoryBytes: memoryBytes < NOT_ACCOUNTED ? memoryBytes : Number.NaN,
  };
}

const withoutDetail = ({ name, activeState, subState }: Row): Unit => ({
  name,
  activeState,
  subState,
  restarts: Number.NaN,
  memoryBytes: Number.NaN,
});

function numberOf(value: BusValue): number {
  if (typeof value !== 'number') throw new Error('systemd answered without a number');
  return value;
}

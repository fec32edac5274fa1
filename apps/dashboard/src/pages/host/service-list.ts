import { parseSeriesKey } from '@openmanager/protocol';
import type { Sorting } from '../../ui/table.tsx';

/** States of systemd's units, those first that somebody should look at. */
export const unitStates = [
  'failed',
  'maintenance',
  'activating',
  'deactivating',
  'reloading',
  'refreshing',
  'inactive',
  'active',
] as const;
export type UnitState = (typeof unitStates)[number];

export interface Service {
  readonly name: string;
  /** Undefined where no state that we know holds. */
  readonly state: UnitState | undefined;
  /** NaN for what is no service. */
  readonly restarts: number;
  readonly memoryBytes: number;
}

const RESTARTS = 'systemd.service.restarts';
const MEMORY = 'systemd.service.memory.usage';
const FAILED_UNITS = 'system.systemd.unit.failed';

/** Units among a host's series. */
export function services(series: Readonly<Record<string, number>>): Service[] {
  const found = new Map<string, { -readonly [K in keyof Service]: Service[K] }>();
  for (const [key, value] of Object.entries(series)) {
    if (!key.startsWith('systemd.')) continue;
    const { metric, attributes } = parseSeriesKey(key);
    const name = attributes['systemd.unit.name'];
    if (name === undefined || Number.isNaN(value)) continue;
    let one = found.get(name);
    if (!one) {
      one = { name, state: undefined, restarts: Number.NaN, memoryBytes: Number.NaN };
      found.set(name, one);
    }
    if (metric === RESTARTS) one.restarts = value;
    else if (metric === MEMORY) one.memoryBytes = value;
    else if (value === 1)
      one.state = unitStates.find((state) => state === attributes['systemd.unit.active_state']);
  }
  return [...found.values()];
}

export type ServiceColumn = keyof Service;

/** By name where they are equal, so that rows do not dance. What has no value stands last. */
export function sortServices(
  all: readonly Service[],
  { key, descending }: Sorting<ServiceColumn>,
  compare: (a: string, b: string) => number,
): Service[] {
  const number = (one: Service): number => {
    const value = key === 'state' ? urgency(one) : key === 'name' ? 0 : one[key];
    return Number.isNaN(value) ? -1 : value;
  };
  const sign = descending ? -1 : 1;
  return [...all].sort(
    (a, b) =>
      sign * (key === 'name' ? compare(a.name, b.name) : number(a) - number(b)) ||
      compare(a.name, b.name),
  );
}

const urgency = ({ state }: Service): number =>
  state === undefined ? 0 : unitStates.length - unitStates.indexOf(state);

/** Whether systemd runs the host, as far as its agent may ask. */
export const hasSystemd = (series: Readonly<Record<string, number>>): boolean =>
  series[FAILED_UNITS] !== undefined;

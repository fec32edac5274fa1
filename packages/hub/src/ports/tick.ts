import type { HostInfo, HostStatus, Priority, Severity } from '@openmanager/protocol';
import { priorities } from '@openmanager/protocol';
import type { Unsubscribe } from './live.ts';
import type { LateRows, ProcessTable } from './update.ts';

/**
 * What differs from the host's tick before. `keys`: the first tick of a host, or its keys changed, so that
 * every code counts as new. `values`: places in `keys` whose code changed, ascending; empty when only status
 * or priority changed.
 */
export type TickChange =
  | { readonly kind: 'keys' }
  | { readonly kind: 'values'; readonly changed: readonly number[] };

/**
 * Newest state of a host as it is to be shown: at most one a second per host, and never one that looks like
 * the one before. Immutable; safe to keep.
 */
export interface HostTick {
  readonly hostId: string;
  /** Time of the newest sample, epoch ms; 0 while no sample arrived since the hub started (`keys` is empty then). */
  readonly timeMs: number;
  /** Series keys. The same array as in the tick before unless `change.kind` is `keys`. */
  readonly keys: readonly string[];
  /** One display code per key (protocol metrics/quantise), 0 where there is no value. */
  readonly codes: Float64Array;
  readonly change: TickChange;
  readonly status: HostStatus;
  readonly priority: Priority;
  /** When the hub received the newest sample, epoch ms; 0 while there is none. */
  readonly receivedMs: number;
}

/** The live stream as the gateway reads it. Listeners are called in the order of the ticks, and must not throw. */
export interface LiveTicks {
  /** The last tick of a host; undefined for a host that is not known. */
  state(hostId: string): HostTick | undefined;
  /** The last tick of every known host, in the order in which the hosts became known. */
  all(): readonly HostTick[];
  info(hostId: string): HostInfo | undefined;
  onTick(listener: (tick: HostTick) => void): Unsubscribe;
  /** Rows replayed from an agent's spool. */
  onLate(listener: (rows: LateRows) => void): Unsubscribe;
  onProcesses(listener: (table: ProcessTable) => void): Unsubscribe;
  /** A host became known (its first tick follows at once), or its facts, interval or clock offset changed. */
  onHostInfo(listener: (info: HostInfo) => void): Unsubscribe;
  /** The host is forgotten: `state` and `info` are undefined from here on. */
  onRemoved(listener: (hostId: string) => void): Unsubscribe;
}

/** Whether `priority` reaches `min`. */
export function atLeast(priority: Priority, min: Priority): boolean {
  return priorities.indexOf(priority) >= priorities.indexOf(min);
}

const prioritiesOfSeverities: Readonly<Record<Severity, Priority>> = {
  info: 'medium',
  warning: 'high',
  critical: 'critical',
};

/** The priority of an alert, by which subscribers filter it. */
export function priorityOfSeverity(severity: Severity): Priority {
  return prioritiesOfSeverities[severity];
}

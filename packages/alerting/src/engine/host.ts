import type { Flaps } from './flapping.ts';
import type { Instance } from './instance.ts';
import type { Plan, Slot } from './plan.ts';

const DEFAULT_INTERVAL_MS = 5_000;

/** What the engine keeps of one host. */
export interface Host {
  readonly hostId: string;
  hostname: string;
  tags: readonly string[];
  intervalMs: number;
  /** A shorter interval holds from the next sample on: the host may not know of it yet. */
  nextIntervalMs: number;
  /** When it was last heard, by our clock; undefined for a host that only restored alerts tell of. */
  heardMs: number | undefined;
  /** Our clock minus the time of the newest sample. */
  lagMs: number | undefined;
  sampleMs: number | undefined;
  /** Pending and firing ones; at most one per rule and series. */
  readonly instances: Map<string, Instance>;
  /** By instance key. */
  readonly slots: Map<string, Slot>;
  plans: WeakMap<readonly string[], Plan>;
  /** When a metric that a rule misses was last there, by rule. */
  readonly metricMs: Map<string, number>;
  readonly flaps: Flaps | undefined;
}

export function newHost(hostId: string, hostname: string, flaps: Flaps | undefined): Host {
  return {
    hostId,
    hostname,
    tags: [],
    intervalMs: DEFAULT_INTERVAL_MS,
    nextIntervalMs: DEFAULT_INTERVAL_MS,
    heardMs: undefined,
    lagMs: undefined,
    sampleMs: undefined,
    instances: new Map(),
    slots: new Map(),
    plans: new WeakMap(),
    metricMs: new Map(),
    flaps,
  };
}

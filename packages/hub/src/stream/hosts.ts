import type { HostInfo, HostStatus, HostSummary } from '@openmanager/protocol';
import type { HostTick } from '../ports/tick.ts';
import type { ProcessTable } from '../ports/update.ts';
import { displayOf } from './display.ts';
import { Presence, shownStatus, type PresenceLimits } from './presence.ts';
import { priorityOf } from './priority.ts';
import { emptyView, nextView, type HostSignal, type HostView } from './view.ts';

export interface HostEntry {
  info: HostInfo;
  view: HostView;
  tick: HostTick | undefined;
  processes: ProcessTable | undefined;
  readonly presence: Presence;
}

/** Newest state of every known host, in the order in which they became known. At most `maxHosts`. */
export class Hosts {
  readonly #entries = new Map<string, HostEntry>();
  readonly #limits: PresenceLimits;
  readonly #maxHosts: number;

  constructor(limits: PresenceLimits, maxHosts: number) {
    this.#limits = limits;
    this.#maxHosts = maxHosts;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(hostId: string): HostEntry | undefined {
    return this.#entries.get(hostId);
  }

  entries(): IterableIterator<[hostId: string, entry: HostEntry]> {
    return this.#entries.entries();
  }

  /** Undefined when there are as many hosts as there may be. */
  add(info: HostInfo, nowMs: number): HostEntry | undefined {
    if (this.#entries.size >= this.#maxHosts) return undefined;
    const presence = new Presence(this.#limits, info.intervalMs, nowMs);
    const view = emptyView(info.hostId, shownStatus(presence.state));
    const entry: HostEntry = { info, view, tick: undefined, processes: undefined, presence };
    this.#entries.set(info.hostId, entry);
    return entry;
  }

  remove(hostId: string): boolean {
    return this.#entries.delete(hostId);
  }

  /** The host's view after the signal; undefined when it is not known or the signal says nothing new. */
  apply(signal: HostSignal): HostView | undefined {
    const entry = this.#entries.get(signal.hostId);
    if (!entry) return undefined;
    const before = entry.view;
    entry.view = nextView(before, signal);
    return entry.view === before && signal.kind !== 'known' ? undefined : entry.view;
  }
}

/** The host as REST shows it: exact values, not those of the last tick. */
export function summaryOf({ info, view, presence }: HostEntry): HostSummary {
  const status: HostStatus = shownStatus(presence.state);
  const metrics: Record<string, number> = {};
  for (const [key, index] of displayOf(view.keys).headline) {
    const value = view.values[index];
    if (value !== undefined && Number.isFinite(value)) metrics[key] = value;
  }
  const lastSampleAtMs = view.timeMs === 0 ? null : view.timeMs;
  return { ...info, status, priority: priorityOf(view), lastSampleAtMs, metrics };
}

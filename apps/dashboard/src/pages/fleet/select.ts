import { priorities, type HostStatus, type Priority } from '@openmanager/protocol';
import type { ServerMetrics } from '@openmanager/react';
import type { FleetOrder } from '../../state/preferences.ts';
import { headline } from '../../format/headline.ts';

export interface FleetFilter {
  /** Words that all must occur in the host's name or facts. */
  readonly text: string;
  readonly status: HostStatus | 'all';
  readonly minPriority: Priority;
}

export const noFilter: FleetFilter = { text: '', status: 'all', minPriority: 'low' };

export function isFiltered(filter: FleetFilter): boolean {
  return filter.text.trim() !== '' || filter.status !== 'all' || filter.minPriority !== 'low';
}

export function priorityRank(priority: Priority): number {
  return priorities.indexOf(priority);
}

export function matches(host: ServerMetrics, filter: FleetFilter): boolean {
  if (filter.status !== 'all' && host.status !== filter.status) return false;
  if (priorityRank(host.priority) < priorityRank(filter.minPriority)) return false;
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const { osName, arch, cpuModel, kernel } = host.info.facts;
  const text =
    `${host.hostname} ${host.hostId} ${osName} ${arch} ${cpuModel} ${kernel}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

type Measure = (host: ServerMetrics) => number;

const measures: Readonly<Record<Exclude<FleetOrder, 'name'>, Measure>> = {
  priority: (host) =>
    priorityRank(host.priority) * 4 +
    (host.status === 'online' ? 0 : host.status === 'stale' ? 1 : 2),
  cpu: (host) => headline(host).cpu,
  memory: (host) => headline(host).memory,
  disk: (host) => headline(host).disk,
  network: (host) => headline(host).receive + headline(host).transmit,
};

/** Hosts that match, worst first; equal ones by name, so that the order is one and the same each time. */
export function selectHosts(
  hosts: readonly ServerMetrics[],
  filter: FleetFilter,
  order: FleetOrder,
  compareNames: (a: string, b: string) => number,
): ServerMetrics[] {
  const chosen = hosts.filter((host) => matches(host, filter));
  const byName = (a: ServerMetrics, b: ServerMetrics): number =>
    compareNames(a.hostname, b.hostname) || (a.hostId < b.hostId ? -1 : 1);
  if (order === 'name') return chosen.sort(byName);
  const measure = measures[order];
  // NaN, no value, goes last.
  const value = (host: ServerMetrics): number => {
    const measured = measure(host);
    return Number.isNaN(measured) ? -1 : measured;
  };
  return chosen.sort((a, b) => value(b) - value(a) || byName(a, b));
}

export function countByStatus(
  hosts: readonly ServerMetrics[],
): Readonly<Record<HostStatus | 'all', number>> {
  const counts = { all: hosts.length, online: 0, stale: 0, offline: 0 };
  for (const host of hosts) counts[host.status]++;
  return counts;
}

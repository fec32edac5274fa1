import { metricOfKey, parseSeriesKey } from '@openmanager/protocol';

const METRIC = 'openmanager.agent.not_listed';

/** How many devices the agent has no series of, by the name of their source; none where all are listed. */
export function notListed(series: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const [key, count] of Object.entries(series)) {
    if (count > 0 && metricOfKey(key) === METRIC)
      found.set(parseSeriesKey(key).attributes['source'] ?? '', count);
  }
  return found;
}

/** Names of the agent's sources of what charts draw by device. */
const SOURCES: readonly (readonly [metrics: string, source: string])[] = [
  ['system.network.', 'network'],
  ['system.disk.', 'disk'],
  ['hw.temperature', 'temperature'],
];

/** The source of a metric, where it lists only so many devices. */
export function sourceOf(metric: string): string | undefined {
  return SOURCES.find(([metrics]) => metric.startsWith(metrics))?.[1];
}

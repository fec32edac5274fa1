/** Union of what the holders of a topic asked for: some get more than they asked, none gets less. */
import { priorities, type Priority, type View } from '@openmanager/protocol';

export interface Wanted extends View {
  readonly minPriority: Priority;
}

/** Interval of frames for a hidden page. */
export const HIDDEN_RATE_MS = 30_000;

export function together(holders: Iterable<Wanted>, isHidden: boolean): Wanted {
  let lowest = priorities.length - 1;
  let fastest: Wanted | undefined;
  let hosts: Set<string> | undefined = new Set();
  let metrics: Set<string> | undefined = new Set();
  for (const holder of holders) {
    lowest = Math.min(lowest, priorities.indexOf(holder.minPriority));
    if (fastest === undefined || intervalOf(holder) < intervalOf(fastest)) fastest = holder;
    hosts = union(hosts, holder.hosts);
    metrics = union(metrics, holder.metrics);
  }
  const maxRateMs = isHidden
    ? Math.max(fastest?.maxRateMs ?? 0, HIDDEN_RATE_MS)
    : fastest?.maxRateMs;
  return {
    minPriority: priorities[lowest] as Priority,
    ...(hosts === undefined ? {} : { hosts: [...hosts].toSorted() }),
    ...(metrics === undefined ? {} : { metrics: [...metrics].toSorted() }),
    ...(maxRateMs === undefined ? {} : { maxRateMs }),
    ...(fastest?.chart === undefined ? {} : { chart: fastest.chart }),
  };
}

/** Least time between two frames, ms. */
export function intervalOf({ maxRateMs, chart }: View): number {
  return Math.max(maxRateMs ?? 0, chart === undefined ? 0 : chart.spanMs / chart.widthPx);
}

/** Names the sequence of offsets: equal for those who get the same frames. */
export function sequenceOf({ minPriority, metrics, ...view }: Wanted): string {
  return JSON.stringify([minPriority, metrics, intervalOf(view)]);
}

export function sameHosts(one: Wanted, other: Wanted): boolean {
  return JSON.stringify(one.hosts) === JSON.stringify(other.hosts);
}

function union(
  all: Set<string> | undefined,
  more: readonly string[] | undefined,
): Set<string> | undefined {
  return all === undefined || more === undefined ? undefined : new Set([...all, ...more]);
}

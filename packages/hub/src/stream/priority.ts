import type { Priority, Severity } from '@openmanager/protocol';
import { map, type OperatorFunction } from 'rxjs';
import { atLeast, priorityOfSeverity } from '../ports/tick.ts';
import { displayOf } from './display.ts';
import type { HostView } from './view.ts';

/** Used share of CPU or memory above which a host has the priority, worst first. */
const thresholds: readonly (readonly [above: number, priority: Priority])[] = [
  [0.95, 'critical'],
  [0.85, 'high'],
  [0.7, 'medium'],
];

export interface PrioritisedView {
  readonly view: HostView;
  readonly priority: Priority;
}

/** Fourth stage: computes the host's priority. */
export function prioritised(): OperatorFunction<HostView, PrioritisedView> {
  return map((view) => ({ view, priority: priorityOf(view) }));
}

/** The worse of the alerts that fire and the load. The load of an offline host is not known and does not count. */
export function priorityOf(
  view: Pick<HostView, 'keys' | 'values' | 'status' | 'severity'>,
): Priority {
  const alerting = ofSeverity(view.severity);
  if (view.status === 'offline') return alerting;
  const { cpu, memory } = displayOf(view.keys);
  const load = ofLoad(view.values[cpu], view.values[memory]);
  return atLeast(alerting, load) ? alerting : load;
}

function ofSeverity(severity: Severity | undefined): Priority {
  return severity === undefined ? 'low' : priorityOfSeverity(severity);
}

/** A value that is missing, undefined or NaN, is above no threshold. */
function ofLoad(cpu: number | undefined, memory: number | undefined): Priority {
  for (const [above, priority] of thresholds)
    if ((cpu !== undefined && cpu > above) || (memory !== undefined && memory > above))
      return priority;
  return 'low';
}

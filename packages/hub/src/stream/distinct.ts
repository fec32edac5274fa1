import { Observable, type OperatorFunction } from 'rxjs';
import type { HostTick } from '../ports/tick.ts';
import { codesOf } from './display.ts';
import type { PrioritisedView } from './priority.ts';

/** Fifth stage, per host: emits a tick only when its display codes changed. */
export function distinct(onUnchanged?: () => void): OperatorFunction<PrioritisedView, HostTick> {
  return (source$) =>
    new Observable((subscriber) => {
      let previous: HostTick | undefined;
      return source$.subscribe({
        next: (item) => {
          const tick = tickAfter(previous, item);
          if (!tick) return onUnchanged?.();
          previous = tick;
          subscriber.next(tick);
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
    });
}

function tickAfter(
  previous: HostTick | undefined,
  { view, priority }: PrioritisedView,
): HostTick | undefined {
  const { hostId, timeMs, receivedMs, keys, status } = view;
  const codes = codesOf(keys, view.values);
  const tick = { hostId, timeMs, receivedMs, keys, codes, status, priority };
  if (!previous || previous.keys !== keys) return { ...tick, change: { kind: 'keys' } };
  const changed = differences(previous.codes, codes);
  if (changed.length === 0 && previous.status === status && previous.priority === priority)
    return undefined;
  return { ...tick, change: { kind: 'values', changed } };
}

function differences(before: Float64Array, after: Float64Array): number[] {
  const changed: number[] = [];
  for (let index = 0; index < after.length; index++)
    if (before[index] !== after[index]) changed.push(index);
  return changed;
}

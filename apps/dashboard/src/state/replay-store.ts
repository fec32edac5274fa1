/** Whether the page shows the past: one choice for the whole page, made in the bar and read at its root. */
import { HOUR_MS } from '@openmanager/protocol/durations';
import { useSyncExternalStore } from 'react';

export interface ReplaySpan {
  readonly fromMs: number;
  readonly toMs: number;
}

const listeners = new Set<() => void>();
let span: ReplaySpan | null = null;

/** Shows the span, or what is live when null. */
export function showReplay(next: ReplaySpan | null): void {
  span = next;
  for (const listener of listeners) listener();
}

export function useReplaySpan(): ReplaySpan | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => span,
  );
}

/** The last hours up to now. */
export function lastHours(hours: number, nowMs: number = Date.now()): ReplaySpan {
  return { fromMs: nowMs - hours * HOUR_MS, toMs: nowMs };
}

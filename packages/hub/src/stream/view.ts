import type { HostStatus, Severity } from '@openmanager/protocol';
import type { HostUpdate } from '../ports/update.ts';

/** What happened to a host, as the stream carries it before it is known how the host looks now. */
export type HostSignal =
  | { readonly kind: 'known'; readonly hostId: string }
  | {
      readonly kind: 'sample';
      readonly hostId: string;
      readonly update: HostUpdate;
      readonly severity: Severity | undefined;
    }
  | { readonly kind: 'severity'; readonly hostId: string; readonly severity: Severity | undefined }
  | { readonly kind: 'status'; readonly hostId: string; readonly status: HostStatus };

/** How a host looks now, in exact values. Immutable. */
export interface HostView {
  readonly hostId: string;
  readonly timeMs: number;
  readonly receivedMs: number;
  /** The same array for as long as its content is the same, also when the agent came back with another one. */
  readonly keys: readonly string[];
  /** The array that `keys` was last compared with, so that the content is compared once and not per sample. */
  readonly sourceKeys: readonly string[];
  readonly values: Float64Array;
  readonly status: HostStatus;
  readonly severity: Severity | undefined;
}

export function emptyView(hostId: string, status: HostStatus): HostView {
  const keys: readonly string[] = [];
  const values = new Float64Array(0);
  return {
    hostId,
    timeMs: 0,
    receivedMs: 0,
    keys,
    sourceKeys: keys,
    values,
    status,
    severity: undefined,
  };
}

/** The view after the signal; the same object when the signal says nothing new. */
export function nextView(view: HostView, signal: HostSignal): HostView {
  if (signal.kind === 'sample') return sampleView(view, signal.update, signal.severity);
  if (signal.kind === 'severity')
    return view.severity === signal.severity ? view : { ...view, severity: signal.severity };
  if (signal.kind === 'status')
    return view.status === signal.status ? view : { ...view, status: signal.status };
  return view;
}

function sampleView(view: HostView, update: HostUpdate, severity: Severity | undefined): HostView {
  const same = update.keys === view.sourceKeys || sameKeys(update.keys, view.keys);
  return {
    hostId: view.hostId,
    timeMs: update.timeMs,
    receivedMs: update.receivedMs,
    keys: same ? view.keys : update.keys,
    sourceKeys: update.keys,
    values: update.values,
    // A sample is the proof that the host is online; were that a signal of its own, it would use up the
    // host's turn and the sample would wait for a second.
    status: 'online',
    severity,
  };
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}

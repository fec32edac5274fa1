import { MINUTE_MS } from '@openmanager/protocol/durations';
import type { History } from '@openmanager/protocol';
import { useClient, useConnection, useHost, type HostState } from '@openmanager/react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useNow } from '../../state/now.ts';
import { joinTimeline, type Span, type Timeline } from '../../chart/timeline.ts';

/** live: the newest `windowMs` · paused: the same, standing still · zoomed: a span that was chosen in a chart. */
export type View =
  | { readonly mode: 'live' }
  | { readonly mode: 'paused'; readonly toMs: number }
  | { readonly mode: 'zoomed'; readonly span: Span };

/** Points per series that are asked for: about one per pixel of a chart. */
const POINTS = 700;
/** Most series in one history answer (protocol limits). */
const SERIES_LIMIT = 500;
/** Silence after which the time axis moves on without samples, in intervals of the host. */
const SILENT_INTERVALS = 3;

export interface TimelineState {
  readonly span: Span;
  readonly timeline: Timeline;
  readonly problem: string | null;
}

/** Samples of a host for the shown span: history and live points as one. */
export function useTimeline(
  host: HostState | null,
  hostId: string,
  keys: readonly string[],
  windowMs: number,
  view: View,
): TimelineState {
  const client = useClient();
  const edgeMs = useRightEdge(host);
  const span = useMemo((): Span => {
    if (view.mode === 'zoomed') return view.span;
    const toMs = view.mode === 'paused' ? view.toMs : edgeMs;
    return { fromMs: toMs - windowMs, toMs };
  }, [view, edgeMs, windowMs]);
  const { past, problem } = usePast(hostId, keys, span, windowMs, view);
  const intervalMs = host?.info.intervalMs ?? 5000;
  // New samples matter to a view that stands still only when they lie inside it, which late ones do: they
  // come with the next history.
  const tick = view.mode === 'live' ? (host?.timeMs ?? 0) : 0;
  const timeline = useMemo(
    () =>
      joinTimeline({
        keys,
        past,
        live: (key) => client.series(hostId, key).getSnapshot(),
        span,
        intervalMs,
      }),
    // `tick` stands for the live points, which are read from the client.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [client, hostId, keys, past, span, intervalMs, tick],
  );
  return { span, timeline, problem };
}

/** Newest sample while they come; the clock, in steps, when the host is silent: so that its silence is seen. */
function useRightEdge(host: HostState | null): number {
  const client = useClient();
  useNow(5000);
  const nowMs = client.hubNow();
  if (!host || host.timeMs === 0) return Math.floor(nowMs / 5000) * 5000;
  const silent = nowMs - host.timeMs > host.info.intervalMs * SILENT_INTERVALS;
  return silent ? Math.floor(nowMs / 5000) * 5000 : host.timeMs;
}

interface Past {
  readonly past: History | null;
  readonly problem: string | null;
}

/** History of the span: at the start, after each reconnection, when the view changes, and now and then. */
function usePast(
  hostId: string,
  keys: readonly string[],
  span: Span,
  windowMs: number,
  view: View,
): Past {
  const client = useClient();
  const connected = useConnection((state) => state.status === 'connected');
  // Means per step grow coarse at the live end; a tenth of the window later they are asked for again.
  const refreshMs = Math.max(MINUTE_MS, windowMs / 10);
  const period = useNow(refreshMs);
  const [state, setState] = useState<Past>({ past: null, problem: null });
  const wanted = useRef(span);
  useEffect(() => {
    wanted.current = span;
  });
  const asked = view.mode === 'live' ? `live ${windowMs} ${period}` : JSON.stringify(view);
  const list = keys.join('\n');
  useEffect(() => {
    if (!connected || list === '') return undefined;
    let current = true;
    const { fromMs, toMs } = wanted.current;
    // A little more to the left, so that the line enters from outside the frame.
    const margin = Math.round((toMs - fromMs) / 20);
    void client
      .loadHistory({
        hostId,
        keys: list.split('\n').slice(0, SERIES_LIMIT),
        fromMs: Math.max(0, Math.round(fromMs - margin)),
        toMs: Math.round(toMs + margin),
        maxPoints: POINTS,
      })
      .then((answer) => {
        if (!current) return null;
        return setState(
          answer.ok
            ? { past: answer, problem: null }
            : (before) => ({ ...before, problem: answer.error.message }),
        );
      });
    return () => {
      current = false;
    };
    // `asked` says when the span is to be read again.
  }, [client, hostId, connected, list, asked]);
  return state;
}

const keysOf = (host: HostState | null): readonly string[] =>
  host ? Object.keys(host.series) : [];

/** Series keys of the host; the same array until the set of them changes. */
export function useKeys(hostId: string): readonly string[] {
  return useHost(hostId, keysOf);
}

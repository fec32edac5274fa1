import type { Alert, AlertList } from '@openmanager/protocol';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { request, RequestFailure, type FailureCode } from '../../api/request.ts';

const PAGE = 50;

/** One instance may resolve more than once in its life: an episode is an instance and when it fired. */
export function episodeKey(alert: Alert): string {
  return `${alert.id} ${alert.firedAtMs ?? alert.activeAtMs}`;
}

/** Resolved alerts, newest first; what came live takes the place of what was read before. */
export function mergeResolved(read: readonly Alert[], live: readonly Alert[]): Alert[] {
  const byEpisode = new Map<string, Alert>();
  for (const alert of [...read, ...live])
    if (alert.state === 'resolved' && alert.firedAtMs !== undefined)
      byEpisode.set(episodeKey(alert), alert);
  return [...byEpisode.values()].sort((a, b) => (b.resolvedAtMs ?? 0) - (a.resolvedAtMs ?? 0));
}

export interface AlertHistory {
  readonly alerts: readonly Alert[];
  readonly loading: boolean;
  readonly failure: FailureCode | null;
  /** False when the beginning was reached. */
  readonly more: boolean;
  readonly loadMore: () => void;
}

/** Resolved alerts page by page; `connection` changes after each reconnection, when the newest page is read again. */
export function useAlertHistory(live: readonly Alert[], connection: unknown): AlertHistory {
  const [read, setRead] = useState<readonly Alert[]>([]);
  const [state, setState] = useState<{
    readonly loading: boolean;
    readonly failure: FailureCode | null;
    readonly more: boolean;
  }>({
    loading: true,
    failure: null,
    more: true,
  });
  const oldest = useRef<number | undefined>(undefined);
  const load = useCallback(async (before: number | undefined): Promise<void> => {
    setState((was) => ({ ...was, loading: true, failure: null }));
    try {
      const query = before === undefined ? '' : `&before=${before}`;
      const { alerts } = await request<AlertList>('GET', `alerts/history?limit=${PAGE}${query}`);
      setRead((was) => mergeResolved(was, alerts));
      for (const { resolvedAtMs } of alerts)
        if (resolvedAtMs !== undefined)
          oldest.current = Math.min(oldest.current ?? Infinity, resolvedAtMs);
      setState((was) => ({
        loading: false,
        failure: null,
        more: before === undefined && !was.more ? false : alerts.length >= PAGE,
      }));
    } catch (cause) {
      setState((was) => ({
        ...was,
        loading: false,
        failure: cause instanceof RequestFailure ? cause.code : 'internal',
      }));
    }
  }, []);
  // `connection` triggers a reload; `loading` is set at once.
  useEffect(() => void load(undefined), [load, connection]);
  const alerts = useMemo(() => mergeResolved(read, live), [read, live]);
  return { alerts, ...state, loadMore: () => void load(oldest.current) };
}

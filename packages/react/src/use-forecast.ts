import { DAY_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import type { OpenManagerClient } from '@openmanager/client';
import type { ErrorBody, Outlook } from '@openmanager/protocol';
import { useEffect, useState } from 'react';
import { useConnection } from './use-connection.ts';
import { useClient } from './use-client.ts';
import type { HubTarget } from './types.ts';

export interface UseForecastOptions extends HubTarget {
  /** How far back the expected band and the anomalies go. @default a day */
  readonly pastMs?: number | undefined;
  /** How often it is asked for again. @default 60,000 */
  readonly refreshMs?: number | undefined;
}

export const forecastDefaults: { readonly pastMs: number; readonly refreshMs: number } = {
  pastMs: DAY_MS,
  refreshMs: MINUTE_MS,
};

export interface UseForecastResult {
  /** The band in which the series was expected, its anomalies and its forecast; null until the first answer. */
  readonly outlook: Outlook | null;
  /** Why the newest question has no answer; the last answer stays. */
  readonly error: ErrorBody | null;
}

const nothing: UseForecastResult = { outlook: null, error: null };

/**
 * Where a series of a host is going, and what was expected of it so far; asked for when the connection stands, and now
 * and then. A null key asks for nothing.
 */
export function useForecast(
  hostId: string,
  key: string | null,
  options: UseForecastOptions = {},
): UseForecastResult {
  const pastMs = options.pastMs ?? forecastDefaults.pastMs;
  const refreshMs = options.refreshMs ?? forecastDefaults.refreshMs;
  const client = useClient(options);
  const connected = useConnection((state) => state.status === 'connected', options);
  const [result, setResult] = useState(nothing);
  useEffect(() => setResult(nothing), [client, hostId, key, pastMs]);
  useEffect(() => {
    if (!connected || key === null) return undefined;
    let isCurrent = true;
    const ask = async (): Promise<void> => {
      const answer = await client.loadOutlook({ hostId, key, ...spanOf(client, pastMs) });
      if (!isCurrent) return;
      setResult((before) =>
        answer.ok ? { outlook: answer, error: null } : { ...before, error: answer.error },
      );
    };
    void ask();
    const timer = setInterval(() => void ask(), refreshMs);
    return () => {
      isCurrent = false;
      clearInterval(timer);
    };
  }, [client, connected, hostId, key, pastMs, refreshMs]);
  return result;
}

function spanOf(
  client: OpenManagerClient,
  pastMs: number,
): { readonly fromMs: number; readonly toMs: number } {
  const toMs = Math.floor(client.hubNow());
  return { fromMs: Math.max(0, toMs - Math.floor(pastMs)), toMs };
}

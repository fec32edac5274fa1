import { DAY_MS, HOUR_MS, MINUTE_MS, WEEK_MS } from '@openmanager/protocol/durations';
import {
  isForecast,
  metricOfKey,
  metrics,
  type Anomaly,
  type History,
} from '@openmanager/protocol';
import {
  useAnomalies,
  useClient,
  useConnection,
  useForecast,
  type HostState,
} from '@openmanager/react';
import { useEffect, useMemo, useState, type JSX } from 'react';
import { useNow } from '../../../state/now.ts';
import { Chart } from '../../../chart/Chart.tsx';
import type { ChartSeries } from '../../../chart/reading.ts';
import { useLanguage } from '../../../i18n/locale.ts';
import { Select, Segments } from '../../../ui/choice.tsx';
import { AnomalyList } from './AnomalyList.tsx';
import { reasonText, seriesLabel, seriesUnit } from '../../../format/anomaly-text.ts';
import { ForecastFacts } from './ForecastFacts.tsx';
import { outlookColumns, type OutlookColumn } from './outlook-columns.ts';
import css from './outlook.module.css';

const pasts = [
  { value: 6 * HOUR_MS, label: 'window.6h' },
  { value: DAY_MS, label: 'window.24h' },
  { value: WEEK_MS, label: 'window.7d' },
] as const;
const POINTS = 700;
const REFRESH_MS = MINUTE_MS;
const LEAST_SPAN_MS = 600_000;

/** What was expected of a series, what stood out, and where it is going. */
export function OutlookPanel({ host }: { readonly host: HostState }): JSX.Element | null {
  const { t } = useLanguage();
  const { hostId } = host;
  const anomalies = useAnomalies(hostId);
  const keys = useChoices(host, anomalies);
  const [chosen, setChosen] = useState<string | null>(null);
  const [pastMs, setPastMs] = useState<number>(pasts[1].value);
  const key = chosen !== null && keys.includes(chosen) ? chosen : (keys[0] ?? null);
  if (key === null) return null;
  return (
    <section className={css['panel']} aria-labelledby="outlook-title">
      <header className={css['head']}>
        <h2 id="outlook-title">{t('outlook.title')}</h2>
        <Select
          label={t('outlook.series')}
          choices={keys.map((one) => ({ value: one, label: seriesLabel(t, one) }))}
          value={key}
          onChange={setChosen}
        />
        <Segments<number>
          label={t('window.label')}
          choices={pasts.map(({ value, label }) => ({ value, label: t(label) }))}
          value={pastMs}
          onChange={setPastMs}
        />
      </header>
      <SeriesOutlook key={`${key} ${pastMs}`} hostId={hostId} series={key} pastMs={pastMs} />
      <AnomalyList anomalies={anomalies} onShow={(anomaly) => setChosen(anomaly.key)} />
    </section>
  );
}

const order: readonly string[] = Object.keys(metrics);
const place = (key: string): number => order.indexOf(metricOfKey(key));

/** Those that are forecast, in the order of the catalogue, and those that stood out. */
function useChoices(host: HostState, anomalies: readonly Anomaly[]): readonly string[] {
  const all = Object.keys(host.series).join('\n');
  return useMemo(() => {
    const keys = all.split('\n');
    const known = keys.filter(isForecast).sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
    return [...new Set([...known, ...anomalies.map(({ key }) => key)])].filter(
      (key) => key !== '' && keys.includes(key),
    );
  }, [all, anomalies]);
}

function SeriesOutlook({
  hostId,
  series,
  pastMs,
}: {
  readonly hostId: string;
  readonly series: string;
  readonly pastMs: number;
}): JSX.Element {
  const { t, format } = useLanguage();
  const { outlook, error } = useForecast(hostId, series, { pastMs, refreshMs: REFRESH_MS });
  const history = useHistory(hostId, series, pastMs);
  const drawn = useMemo(() => outlookColumns(history, outlook), [history, outlook]);
  const plans = useMemo(
    () => drawn.columns.map((column): ChartSeries => planOf(column, t)),
    [drawn, t],
  );
  const columns = useMemo(() => drawn.columns.map(({ values }) => values), [drawn]);
  const marks = useMemo(
    () =>
      (outlook?.anomalies ?? []).map((anomaly) => ({
        timeMs: anomaly.timeMs,
        text: reasonText(t, format, anomaly),
      })),
    [outlook, t, format],
  );
  const span = useMemo(() => {
    const toMs = drawn.nowMs ?? 0;
    const endMs = Math.min(drawn.timesMs.at(-1) ?? toMs, toMs + pastMs);
    const firstMs = drawn.nowMs === undefined ? toMs - pastMs : (drawn.timesMs[0] ?? 0);
    // A host that is younger than the span has all of the width for what there is.
    const fromMs = Math.max(toMs - pastMs, firstMs - LEAST_SPAN_MS);
    return { fromMs, toMs: Math.max(endMs, toMs + (toMs - fromMs) / 50) };
  }, [drawn, pastMs]);
  return (
    <>
      <Chart
        title={seriesLabel(t, series)}
        unit={seriesUnit(series)}
        series={plans}
        timesMs={drawn.timesMs}
        columns={columns}
        gaps={noGaps}
        span={span}
        bands={drawn.bands}
        marks={marks}
        {...(drawn.nowMs === undefined ? {} : { nowMs: drawn.nowMs })}
        headlineKey="value"
        syncKey="outlook"
        onZoom={noZoom}
        onZoomReset={noZoom}
      />
      {error && <p role="alert">{error.message}</p>}
      {outlook && (
        <ForecastFacts series={series} forecast={outlook.forecast} refusal={outlook.refusal} />
      )}
    </>
  );
}

const noGaps: readonly never[] = [];
const noZoom = (): void => undefined;

function planOf(
  { role, level = 0 }: OutlookColumn,
  t: ReturnType<typeof useLanguage>['t'],
): ChartSeries {
  switch (role) {
    case 'value':
      return { key: 'value', label: t('outlook.value'), ink: 'c1' };
    case 'lower':
      return { key: 'lower', label: t('outlook.lower'), ink: 'c8', edge: true };
    case 'upper':
      return { key: 'upper', label: t('outlook.upper'), ink: 'c8', edge: true };
    case 'forecast':
      return { key: 'forecast', label: t('outlook.forecast'), ink: 'c4', dashed: true };
    case 'from':
      return { key: `from ${level}`, label: t('outlook.from', { level }), ink: 'c4', edge: true };
    default:
      return { key: `to ${level}`, label: t('outlook.to', { level }), ink: 'c4', edge: true };
  }
}

/** Samples or means of the span up to now, read again now and then. */
function useHistory(hostId: string, key: string, pastMs: number): History | null {
  const client = useClient();
  const connected = useConnection((state) => state.status === 'connected');
  const turn = useNow(REFRESH_MS);
  const [history, setHistory] = useState<History | null>(null);
  useEffect(() => {
    if (!connected) return undefined;
    let isCurrent = true;
    const toMs = Math.floor(client.hubNow());
    void client
      .loadHistory({
        hostId,
        keys: [key],
        fromMs: Math.max(0, toMs - pastMs),
        toMs,
        maxPoints: POINTS,
      })
      .then((answer) => {
        if (isCurrent && answer.ok) setHistory(answer);
        return null;
      });
    return () => {
      isCurrent = false;
    };
  }, [client, connected, hostId, key, pastMs, turn]);
  return history;
}

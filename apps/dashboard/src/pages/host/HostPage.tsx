import type { Alert } from '@openmanager/protocol';
import { useAlerts, useConnection, useHost, useStats, type HostState } from '@openmanager/react';
import { useCallback, useMemo, useState, type JSX } from 'react';
import { Link } from 'wouter';
import { alertSentence, severityLook } from '../../format/alert-text.ts';
import { usePageTitle } from '../../state/firing.ts';
import { useNow } from '../../state/now.ts';
import { setPreferences, usePreferences } from '../../state/preferences.ts';
import { Chart } from '../../chart/Chart.tsx';
import type { Span } from '../../chart/timeline.ts';
import { headline } from '../../format/headline.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { reasonText, seriesLabel } from './outlook/anomaly-text.ts';
import { OutlookPanel } from './outlook/OutlookPanel.tsx';
import { Button, classes, Empty, Segments, Tag } from '../../ui/controls.tsx';
import { PriorityMark, StatusMark } from '../../ui/HostState.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Meter } from '../../ui/Meter.tsx';
import { planCharts, type ChartPlan } from './charts.ts';
import { Cores } from './Cores.tsx';
import { Facts } from './Facts.tsx';
import { filesystems } from './filesystem-list.ts';
import { Filesystems } from './Filesystems.tsx';
import { Processes } from './Processes.tsx';
import { useKeys, useTimeline, type TimelineState, type View } from './use-timeline.ts';
import css from './host.module.css';

const windows = [
  { value: 5 * 60_000, label: 'window.5m' },
  { value: 15 * 60_000, label: 'window.15m' },
  { value: 3_600_000, label: 'window.1h' },
  { value: 6 * 3_600_000, label: 'window.6h' },
  { value: 24 * 3_600_000, label: 'window.24h' },
] as const;

export function HostPage({ hostId }: { readonly hostId: string }): JSX.Element {
  const { t } = useLanguage();
  const host = useHost(hostId);
  const begun = useStats((stats) => stats.framesReceived > 1);
  usePageTitle(host?.hostname ?? t('host.title'));
  if (!host)
    return begun ? (
      <Empty title={t('host.unknown')}>
        <p>{t('host.unknownHint')}</p>
        <Link href="/">{t('host.back')}</Link>
      </Empty>
    ) : (
      <p className={css['waiting']}>{t('fleet.waiting')}</p>
    );
  return <Known host={host} hostId={hostId} />;
}

function Known({
  host,
  hostId,
}: {
  readonly host: HostState;
  readonly hostId: string;
}): JSX.Element {
  const { t } = useLanguage();
  const { chartWindowMs } = usePreferences();
  const [view, setView] = useState<View>({ mode: 'live' });
  const keys = useKeys(hostId);
  const plans = useMemo(() => planCharts(keys, t), [keys, t]);
  const charted = useMemo(
    () => [...new Set(plans.flatMap((plan) => plan.series.map((one) => one.key)))],
    [plans],
  );
  const state = useTimeline(host, hostId, charted, chartWindowMs, view);
  const onZoom = useCallback((span: Span) => setView({ mode: 'zoomed', span }), []);
  const onZoomReset = useCallback(() => setView({ mode: 'live' }), []);
  return (
    <>
      <Head host={host} />
      <HostAlerts hostId={hostId} />
      <Tiles host={host} />
      <Toolbar windowMs={chartWindowMs} view={view} setView={setView} state={state} />
      {plans.length === 0 && <p className={css['waiting']}>{t('host.noSeries')}</p>}
      <h2 className="visually-hidden">{t('host.charts')}</h2>
      <div className={css['charts']}>
        {plans.map((plan) => (
          <PlannedChart
            key={plan.id}
            plan={plan}
            host={host}
            state={state}
            onZoom={onZoom}
            onZoomReset={onZoomReset}
          />
        ))}
      </div>
      <OutlookPanel host={host} />
      <Cores series={host.series} />
      <div className={css['panels']}>
        <Filesystems series={host.series} />
        <Processes table={host.processes} />
        <Facts host={host} />
      </div>
    </>
  );
}

function Head({ host }: { readonly host: HostState }): JSX.Element {
  const { t, format } = useLanguage();
  const nowMs = useNow();
  const { facts } = host.info;
  const { uptimeSeconds } = headline(host);
  return (
    <div className={css['head']}>
      <Link href="/" className={css['back']} aria-label={t('host.back')}>
        <Icon name="back" size={18} />
      </Link>
      <div className={css['title']}>
        <h1>{host.hostname}</h1>
        <StatusMark status={host.status} />
        <PriorityMark priority={host.priority} />
        {facts.demo && (
          <Tag tone="demo" title={t('demo.hint')}>
            {t('demo.badge')}
          </Tag>
        )}
        {host.info.clockSkewed && (
          <Tag
            tone="medium"
            title={t('host.clockSkewedBy', {
              span: format.duration(Math.abs(host.info.clockOffsetMs)),
            })}
          >
            <Icon name="clock" size={12} />
            {t('host.clockSkewed')}
          </Tag>
        )}
      </div>
      <p className={css['subtitle']}>
        {facts.osName} · {facts.arch} · {t('host.cores', { count: facts.cpuCount })} ·{' '}
        {format.bytes(facts.memoryBytes)}
        {Number.isFinite(uptimeSeconds) &&
          ` · ${t('host.up', { span: format.duration(uptimeSeconds * 1000) })}`}
        {host.status !== 'online' &&
          host.timeMs > 0 &&
          ` · ${t('host.lastSample', { ago: format.ago(host.timeMs, nowMs) })}`}
      </p>
    </div>
  );
}

function HostAlerts({ hostId }: { readonly hostId: string }): JSX.Element | null {
  const { t, format } = useLanguage();
  const select = useCallback(
    (alerts: readonly Alert[]) =>
      alerts.filter((alert) => alert.target.id === hostId && alert.state === 'firing'),
    [hostId],
  );
  const alerts = useAlerts(select);
  const nowMs = useNow();
  if (alerts.length === 0) return null;
  return (
    <ul className={css['alerts']} aria-label={t('alerts.firing')}>
      {alerts.map((alert) => {
        const look = severityLook[alert.severity];
        return (
          <li key={alert.id} className={css['alert']} data-severity={alert.severity}>
            <Icon name={look.icon} />
            <strong>{t(look.label)}</strong>
            <span>{alertSentence(t, format, alert)}</span>
            <span className={css['since']}>
              {t('alert.for', {
                span: format.duration(nowMs - (alert.firedAtMs ?? alert.activeAtMs)),
              })}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function Tiles({ host }: { readonly host: HostState }): JSX.Element {
  const { t, format } = useLanguage();
  const now = headline(host);
  const memoryBytes = host.series['system.memory.limit'] ?? host.info.facts.memoryBytes;
  const available = host.series['system.linux.memory.available'];
  return (
    <div className={css['tiles']}>
      <div className={css['tile']}>
        <Meter label={t('metric.cpu')} ratio={now.cpu} />
        <small>{host.info.facts.cpuModel}</small>
      </div>
      <div className={css['tile']}>
        <Meter label={t('metric.memory')} ratio={now.memory} />
        {available !== undefined && (
          <small>
            {format.bytes(memoryBytes - available)} / {format.bytes(memoryBytes)}
          </small>
        )}
      </div>
      <div className={css['tile']}>
        <Meter label={t('metric.fullestDisk')} ratio={now.disk} />
        <small>{filesystems(host.series)[0]?.mountpoint ?? ''}</small>
      </div>
      <Tile
        label={t('metric.load')}
        value={format.value(now.load, '{thread}')}
        {...(host.info.facts.cpuCount > 0 && Number.isFinite(now.load)
          ? {
              note: t('load.perCore', {
                load: format.number(now.load / host.info.facts.cpuCount, 2),
              }),
            }
          : {})}
      />
      <Tile
        label={t('metric.network')}
        value={`↓ ${format.byteRate(now.receive)}`}
        second={`↑ ${format.byteRate(now.transmit)}`}
      />
      <Tile
        label={t('metric.diskIo')}
        value={`R ${format.byteRate(now.read)}`}
        second={`W ${format.byteRate(now.write)}`}
      />
    </div>
  );
}

function Tile({
  label,
  value,
  second,
  note,
}: {
  readonly label: string;
  readonly value: string;
  readonly second?: string;
  readonly note?: string;
}): JSX.Element {
  return (
    <dl className={css['tile']}>
      <dt>{label}</dt>
      <dd>
        <span>{value}</span>
        {second !== undefined && <span>{second}</span>}
        {note !== undefined && <small>{note}</small>}
      </dd>
    </dl>
  );
}

function Toolbar({
  windowMs,
  view,
  setView,
  state,
}: {
  readonly windowMs: number;
  readonly view: View;
  readonly setView: (view: View) => void;
  readonly state: TimelineState;
}): JSX.Element {
  const { t, format } = useLanguage();
  const live = view.mode === 'live';
  const connected = useConnection((connection) => connection.status === 'connected');
  const { span } = state;
  const nowMs = useNow(60_000);
  const text = (timeMs: number): string =>
    nowMs - timeMs > 20 * 3_600_000 ? format.dateTime(timeMs) : format.time(timeMs);
  return (
    <div className={css['toolbar']}>
      <Segments<number>
        label={t('window.label')}
        choices={windows.map(({ value, label }) => ({ value, label: t(label) }))}
        value={view.mode === 'zoomed' ? null : windowMs}
        onChange={(value) => {
          setPreferences({ chartWindowMs: value });
          if (view.mode === 'zoomed') setView({ mode: 'live' });
        }}
      />
      <Button
        aria-pressed={!live}
        onClick={() => setView(live ? { mode: 'paused', toMs: span.toMs } : { mode: 'live' })}
        className={classes(css['pause'], !live && css['isPaused'])}
      >
        <Icon name={live ? 'pause' : 'play'} size={14} />
        {live ? t('window.pause') : t('window.resume')}
      </Button>
      <p className={css['range']} aria-live="off">
        {live ? (
          <span className={css['live']} data-connected={connected}>
            {connected ? t('window.live') : t('window.waiting')}
          </span>
        ) : (
          `${text(span.fromMs)} – ${text(span.toMs)} (${format.duration(span.toMs - span.fromMs)})`
        )}
        {state.problem !== null && <span className={css['problem']}> {state.problem}</span>}
      </p>
    </div>
  );
}

const SYNC_KEY = 'host';

function PlannedChart({
  plan,
  host,
  state,
  onZoom,
  onZoomReset,
}: {
  readonly plan: ChartPlan;
  readonly host: HostState;
  readonly state: TimelineState;
  readonly onZoom: (span: Span) => void;
  readonly onZoomReset: () => void;
}): JSX.Element | null {
  const { t, format } = useLanguage();
  const { timeline, span } = state;
  const anomalies = host.outlook?.anomalies;
  const marks = useMemo(
    () =>
      (anomalies ?? [])
        .filter(({ key }) => plan.series.some((one) => one.key === key))
        .map((anomaly) => ({
          timeMs: anomaly.timeMs,
          text: `${seriesLabel(t, anomaly.key)}: ${reasonText(t, format, anomaly)}`,
        })),
    [anomalies, plan, t, format],
  );
  const columns = useMemo(
    () => plan.series.map((one) => timeline.columns.get(one.key) ?? []),
    [plan, timeline],
  );
  if (
    plan.onlyWhenActive &&
    !columns.some((values) => values.some((value) => value !== null && value > 0))
  )
    return null;
  const top = plan.topKey === undefined ? plan.top : host.series[plan.topKey];
  return (
    <Chart
      title={t(plan.title)}
      unit={plan.unit}
      series={plan.series}
      timesMs={timeline.timesMs}
      columns={columns}
      gaps={timeline.gaps}
      marks={marks}
      span={span}
      stacked={plan.stacked ?? false}
      {...(top === undefined ? {} : { top })}
      {...(plan.headlineKey === undefined ? {} : { headlineKey: plan.headlineKey })}
      loose={plan.loose ?? false}
      syncKey={SYNC_KEY}
      onZoom={onZoom}
      onZoomReset={onZoomReset}
    />
  );
}

import { chartGroups, type ChartGroup as Group } from '@openmanager/protocol';
import { useHost, useStats, type HostState } from '@openmanager/react';
import { useCallback, useMemo, useState, type JSX } from 'react';
import { Link } from 'wouter';
import type { Span } from '../../chart/timeline.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { usePageTitle } from '../../state/firing.ts';
import { usePreferences } from '../../state/preferences.ts';
import { Empty } from '../../ui/notice.tsx';
import { ChartGroup } from './ChartGroup.tsx';
import { planCharts, type ChartPlan } from './charts.ts';
import { Cores } from './Cores.tsx';
import { Facts } from './Facts.tsx';
import { Filesystems } from './Filesystems.tsx';
import { HostAlerts } from './HostAlerts.tsx';
import { HostHead } from './HostHead.tsx';
import { OutlookPanel } from './outlook/OutlookPanel.tsx';
import { PlannedChart } from './PlannedChart.tsx';
import { Processes } from './Processes.tsx';
import { Services } from './Services.tsx';
import { Tiles } from './Tiles.tsx';
import { Toolbar } from './Toolbar.tsx';
import { useKeys, useTimeline, type View } from './use-timeline.ts';
import css from './host.module.css';

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
  const [openGroups, setOpenGroups] = useState<ReadonlySet<Group>>(new Set());
  const charted = useMemo(() => {
    const drawn = plans.filter(({ group }) => group === undefined || openGroups.has(group));
    return [...new Set(drawn.flatMap((plan) => plan.series.map((one) => one.key)))];
  }, [plans, openGroups]);
  const state = useTimeline(host, hostId, charted, chartWindowMs, view);
  const onZoom = useCallback((span: Span) => setView({ mode: 'zoomed', span }), []);
  const onZoomReset = useCallback(() => setView({ mode: 'live' }), []);
  const draw = (of: (plan: ChartPlan) => boolean): readonly JSX.Element[] =>
    plans
      .filter(of)
      .map((plan) => (
        <PlannedChart
          key={plan.id}
          plan={plan}
          host={host}
          state={state}
          onZoom={onZoom}
          onZoomReset={onZoomReset}
        />
      ));
  const toggle = (group: Group, open: boolean): void =>
    setOpenGroups((before) => {
      const after = new Set(before);
      if (open) after.add(group);
      else after.delete(group);
      return after;
    });
  const inGroup = (wanted: Group) => (plan: ChartPlan) => plan.group === wanted;
  return (
    <>
      <HostHead host={host} />
      <HostAlerts hostId={hostId} />
      <Tiles host={host} />
      <Toolbar windowMs={chartWindowMs} view={view} setView={setView} state={state} />
      {plans.length === 0 && <p className={css['waiting']}>{t('host.noSeries')}</p>}
      <h2 className="visually-hidden">{t('host.charts')}</h2>
      <div className={css['charts']}>{draw(({ group }) => group === undefined)}</div>
      {chartGroups
        .filter((group) => plans.some(inGroup(group)))
        .map((group) => (
          <ChartGroup
            key={group}
            group={group}
            count={plans.filter(inGroup(group)).length}
            open={openGroups.has(group)}
            onToggle={(open) => toggle(group, open)}
          >
            {draw(inGroup(group))}
          </ChartGroup>
        ))}
      <OutlookPanel host={host} />
      <Cores series={host.series} />
      <div className={css['panels']}>
        <Filesystems series={host.series} />
        <Services series={host.series} />
        <Processes table={host.processes} />
        <Facts host={host} />
      </div>
    </>
  );
}

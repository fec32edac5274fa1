import type { HostState } from '@openmanager/react';
import { useMemo, type JSX } from 'react';
import { Chart } from '../../chart/Chart.tsx';
import type { Span } from '../../chart/timeline.ts';
import { reasonText, seriesLabel } from '../../format/anomaly-text.ts';
import { useLanguage } from '../../i18n/locale.ts';
import type { ChartPlan } from './charts.ts';
import { notListed, sourceOf } from './not-listed.ts';
import type { TimelineState } from './use-timeline.ts';

const SYNC_KEY = 'host';

/** A chart of the plan with what stood out on its series. */
export function PlannedChart({
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
  const source = sourceOf(plan.id);
  const undrawn = (plan.undrawn ?? 0) + (notListed(host.series).get(source ?? '') ?? 0);
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
      undrawn={undrawn}
      syncKey={SYNC_KEY}
      onZoom={onZoom}
      onZoomReset={onZoomReset}
    />
  );
}

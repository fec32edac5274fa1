import type { Unit } from '@openmanager/protocol';
import {
  memo,
  useId,
  useMemo,
  useState,
  type FunctionComponent,
  type JSX,
  type KeyboardEvent,
} from 'react';
import { useLanguage } from '../i18n/locale.ts';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/icons.tsx';
import { ChartTable } from './ChartTable.tsx';
import { Legend } from './Legend.tsx';
import type { PlotBand } from './plot.ts';
import {
  headValue,
  lastComplete,
  marksNear,
  type ChartMark,
  type ChartSeries,
  type Columns,
} from './reading.ts';
import { extentOf, firstAtOrAfter, stack, type Span } from './timeline.ts';
import { Tip } from './Tip.tsx';
import { usePlot } from './use-plot.ts';
import css from './chart.module.css';

const noMarks: readonly ChartMark[] = [];
const noBands: readonly PlotBand[] = [];

export interface ChartProps {
  readonly title: string;
  readonly unit: Unit;
  readonly series: readonly ChartSeries[];
  /** Ascending, epoch ms. */
  readonly timesMs: readonly number[];
  /** One per series, null where there is no sample; as measured, also when stacked. */
  readonly columns: Columns;
  readonly gaps: readonly Span[];
  readonly span: Span;
  /** Draws the series on top of each other; the head shows their sum. */
  readonly stacked?: boolean;
  /** The series in the head, instead of the sum of a stack. */
  readonly headlineKey?: string;
  /** Least upper end of the value axis, such as 1 for a share. */
  readonly top?: number;
  /** The axis need not start at zero. */
  readonly loose?: boolean;
  /** Areas between two series, by their places. */
  readonly bands?: readonly PlotBand[];
  readonly marks?: readonly ChartMark[];
  /** Lines that there would be, but for their number. */
  readonly undrawn?: number;
  /** Where the samples end and what is expected begins, epoch ms. */
  readonly nowMs?: number;
  /** Charts of one key share their cursor. */
  readonly syncKey: string;
  readonly onZoom: (span: Span) => void;
  readonly onZoomReset: () => void;
}

/**
 * A time chart. The pointer or the arrow keys move a cursor that all charts of the page share; dragging zooms.
 * For screen readers it is a slider over time whose text is the values, and there is a table.
 */
export const Chart: FunctionComponent<ChartProps> = memo(function Chart(
  props: ChartProps,
): JSX.Element {
  const {
    title,
    unit,
    series,
    timesMs,
    columns,
    span,
    stacked = false,
    headlineKey,
    top,
    loose = false,
    bands = noBands,
    marks = noMarks,
    undrawn = 0,
    nowMs,
  } = props;
  const { t, format } = useLanguage();
  const titleId = useId();
  const [table, setTable] = useState(false);
  const { target, plot, cursor, setCursor } = usePlot({
    ...props,
    stacked,
    top,
    loose,
    bands,
    marks,
    nowMs,
  });

  // Beside a forecast the legend shows the newest sample.
  const last = useMemo(
    () => lastComplete(nowMs === undefined ? columns : columns.slice(0, 1), timesMs.length),
    [columns, timesMs, nowMs],
  );
  const at = cursor && cursor.index < timesMs.length ? cursor.index : last;
  const readings = series.map((one, index) => ({ ...one, value: columns[index]?.[at] ?? null }));
  const marked = at < 0 ? [] : marksNear(marks, timesMs[at] as number, span);
  const head = headValue(readings, stacked, headlineKey);
  const extent = useMemo(() => {
    const from = firstAtOrAfter(timesMs, span.fromMs);
    const place = series.findIndex((one) => one.key === headlineKey);
    const shown = place >= 0 ? columns[place] : stacked ? stack(columns).at(-1) : columns[0];
    return series.length === 1 || stacked ? extentOf((shown ?? []).slice(from)) : null;
  }, [columns, timesMs, span.fromMs, stacked, series, headlineKey]);
  const present = readings.filter((one) => !one.edge || one.value !== null);
  const text = (value: number | null): string => (value === null ? '–' : format.value(value, unit));
  const timeText = at >= 0 ? format.time(timesMs[at] as number) : '';
  const valueText =
    at < 0
      ? t('chart.empty')
      : [
          `${timeText}: ${present.map((one) => `${one.label} ${text(one.value)}`).join(', ')}`,
          ...marked.map((mark) => mark.text),
        ].join('. ');

  const onKeyDown = (event: KeyboardEvent): void => {
    const made = plot.current;
    const length = timesMs.length;
    if (!made || length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.round(length / 10));
    const targets: Readonly<Record<string, number>> = {
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      PageUp: at + page,
      PageDown: at - page,
      Home: firstAtOrAfter(timesMs, span.fromMs),
      End: nowMs === undefined ? last : timesMs.length - 1,
    };
    const place = targets[event.key];
    if (place !== undefined) {
      const index = Math.min(length - 1, Math.max(firstAtOrAfter(timesMs, span.fromMs), place));
      made.setCursor({ left: made.valToPos(timesMs[index] as number, 'x'), top: 20 });
      setCursor({ index, left: made.valToPos(timesMs[index] as number, 'x'), own: true });
    } else if (event.key === '+' || event.key === '=') {
      const center = timesMs[at] ?? (span.fromMs + span.toMs) / 2;
      const half = (span.toMs - span.fromMs) / 4;
      props.onZoom({ fromMs: Math.round(center - half), toMs: Math.round(center + half) });
    } else if (event.key === '-' || event.key === '0' || event.key === 'Escape') {
      made.setCursor({ left: -10, top: -10 });
      if (event.key !== 'Escape' || cursor === null) props.onZoomReset();
    } else return;
    event.preventDefault();
  };

  return (
    <figure className={css['chart']} aria-labelledby={titleId}>
      <figcaption className={css['head']}>
        <h3 id={titleId}>{title}</h3>
        {head !== null && at >= 0 && <strong className={css['sum']}>{text(head)}</strong>}
        {extent && (
          <span className={css['extent']}>
            {t('chart.extent', {
              min: text(extent.min),
              mean: text(extent.mean),
              max: text(extent.max),
            })}
          </span>
        )}
        <Button
          look="quiet"
          square
          className={css['tableButton'] ?? ''}
          aria-pressed={table}
          aria-label={t('chart.table', { title })}
          title={t('chart.tableShort')}
          onClick={() => setTable(!table)}
        >
          <Icon name="table" size={14} />
        </Button>
      </figcaption>
      <Legend readings={readings} text={text} />
      {undrawn > 0 && <p className={css['more']}>{t('chart.notDrawn', { count: undrawn })}</p>}
      <div
        className={css['frame']}
        role="slider"
        tabIndex={0}
        aria-label={t('chart.cursor', { title })}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, timesMs.length - 1)}
        aria-valuenow={Math.max(0, at)}
        aria-valuetext={valueText}
        onKeyDown={onKeyDown}
        onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}
        onDoubleClick={props.onZoomReset}
      >
        <div ref={target} className={css['plot']} />
        {timesMs.length === 0 && <p className={css['none']}>{t('chart.empty')}</p>}
        {cursor?.own && at >= 0 && plot.current && (
          <Tip
            time={timeText}
            readings={present}
            marks={marked}
            text={text}
            left={cursor.left}
            area={plot.current.over}
          />
        )}
      </div>
      {table && (
        <ChartTable
          title={title}
          unit={unit}
          series={series}
          timesMs={timesMs}
          columns={columns}
          span={span}
        />
      )}
    </figure>
  );
});

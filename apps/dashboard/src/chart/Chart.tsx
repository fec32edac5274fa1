import type { Unit } from '@openmanager/protocol';
import {
  memo,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  type FunctionComponent,
  type JSX,
  type KeyboardEvent,
} from 'react';
import type uPlot from 'uplot';
import { useLanguage } from '../i18n/locale.ts';
import { Button } from '../ui/Button.tsx';
import { classes } from '../ui/classes.ts';
import { Icon } from '../ui/icons.tsx';
import { ChartTable } from './ChartTable.tsx';
import { readPalette, type Ink } from './palette.ts';
import { createPlot, type PlotBand, type PlotModel, type PlotSeries } from './plot.ts';
import { useThemeVersion } from './theme-version.ts';
import { extentOf, firstAtOrAfter, stack, type Span } from './timeline.ts';
import css from './chart.module.css';

export interface ChartSeries {
  readonly key: string;
  readonly label: string;
  readonly ink: Ink;
  readonly dashed?: boolean;
  readonly soft?: boolean;
  /** An edge of a band: a hair, left out of the legend. */
  readonly edge?: boolean;
}

/** A moment that stands out, marked on the time axis and told at the cursor. */
export interface ChartMark {
  readonly timeMs: number;
  readonly text: string;
}

const noMarks: readonly ChartMark[] = [];
const noBands: readonly PlotBand[] = [];

export interface ChartProps {
  readonly title: string;
  readonly unit: Unit;
  readonly series: readonly ChartSeries[];
  /** Ascending, epoch ms. */
  readonly timesMs: readonly number[];
  /** One per series, null where there is no sample; as measured, also when stacked. */
  readonly columns: readonly (readonly (number | null)[])[];
  readonly gaps: readonly Span[];
  readonly span: Span;
  /** Draws the series on top of each other; the head tells their sum. */
  readonly stacked?: boolean;
  /** The series the head tells, instead of the sum of a stack. */
  readonly headlineKey?: string;
  /** Least upper end of the value axis, such as 1 for a share. */
  readonly top?: number;
  /** The axis need not start at zero. */
  readonly loose?: boolean;
  /** Areas between two series, by their places. */
  readonly bands?: readonly PlotBand[];
  readonly marks?: readonly ChartMark[];
  /** Where the samples end and what is expected begins, epoch ms. */
  readonly nowMs?: number;
  /** Charts of one key share their cursor. */
  readonly syncKey: string;
  readonly onZoom: (span: Span) => void;
  readonly onZoomReset: () => void;
}

/** More names than this are left to the tip and the table. */
const LEGEND_LIMIT = 8;

const noEvents: Pick<ChartProps, 'onZoom' | 'onZoomReset'> = {
  onZoom: () => undefined,
  onZoomReset: () => undefined,
};

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
    gaps,
    span,
    stacked = false,
    headlineKey,
    top,
    loose = false,
    bands = noBands,
    marks = noMarks,
    nowMs,
    syncKey,
  } = props;
  const { t, format } = useLanguage();
  const target = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<{
    readonly index: number;
    readonly left: number;
    readonly own: boolean;
  } | null>(null);
  const [table, setTable] = useState(false);
  const titleId = useId();
  const themeVersion = useThemeVersion();
  const model = useRef<PlotModel>(null as unknown as PlotModel);
  const events = useRef(noEvents);
  events.current = props;

  // The plot is made anew only when its series change; values, span and theme are read at each draw.
  const shape = series
    .map((one) => `${one.key} ${one.ink} ${one.dashed} ${one.soft} ${one.edge}`)
    .join('|');
  useEffect(() => {
    const element = target.current;
    if (!element) return undefined;
    model.current = {
      unit,
      span,
      gaps,
      marks,
      nowMs,
      palette: readPalette(element),
      format,
      top,
      loose,
    };
    const drawn = drawOrder(series, stacked);
    let frame = 0;
    const made = createPlot(
      element,
      drawn.map((at) => plotSeries(series[at] as ChartSeries, stacked)),
      bands,
      model.current,
      {
        onCursor: (index, left, own) => {
          cancelAnimationFrame(frame);
          frame = requestAnimationFrame(() =>
            setCursor(index === null ? null : { index, left, own }),
          );
        },
        onZoom: (zoom) => events.current.onZoom(zoom),
      },
      syncKey,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = element;
      if (width > 0 && (width !== made.width || height !== made.height))
        made.setSize({ width, height });
    });
    observer.observe(element);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
    // Only what shapes the plot; the rest is renewed by the effects below.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [shape, stacked, unit, top, loose, syncKey]);

  useEffect(() => {
    if (!plot.current || !target.current) return;
    model.current.palette = readPalette(target.current);
    plot.current.redraw(false, true);
  }, [themeVersion]);

  useEffect(() => {
    const made = plot.current;
    if (!made) return;
    Object.assign(model.current, { span, gaps, marks, nowMs, format });
    const values = stacked ? stack(columns) : columns;
    made.setData(
      [
        timesMs as number[],
        ...drawOrder(series, stacked).map((at) => (values[at] ?? []) as (number | null)[]),
      ],
      true,
    );
    // `shape` stands for the series: a new plot needs the data again.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [
    timesMs,
    columns,
    gaps,
    marks,
    nowMs,
    span,
    format,
    shape,
    stacked,
    unit,
    top,
    loose,
    syncKey,
  ]);

  // Beside what is expected, the newest sample is what the legend tells.
  const last = useMemo(
    () => lastComplete(nowMs === undefined ? columns : columns.slice(0, 1), timesMs.length),
    [columns, timesMs, nowMs],
  );
  const at = cursor && cursor.index < timesMs.length ? cursor.index : last;
  const readings = series.map((one, index) => ({ ...one, value: columns[index]?.[at] ?? null }));
  const named = readings.filter((one) => !one.edge);
  const marked = at < 0 ? [] : marksNear(marks, timesMs[at] as number, span);
  const head =
    headlineKey === undefined
      ? stacked
        ? readings.reduce((total, one) => total + (one.value ?? 0), 0)
        : null
      : (readings.find((one) => one.key === headlineKey)?.value ?? null);
  const extent = useMemo(() => {
    const from = firstAtOrAfter(timesMs, span.fromMs);
    const place = series.findIndex((one) => one.key === headlineKey);
    const shown = place >= 0 ? columns[place] : stacked ? stack(columns).at(-1) : columns[0];
    return series.length === 1 || stacked ? extentOf((shown ?? []).slice(from)) : null;
  }, [columns, timesMs, span.fromMs, stacked, series, headlineKey]);
  const present = readings.flatMap((one) => (one.value === null ? [] : [one.value]));
  const least = present.length > 0 ? Math.min(...present) : null;
  const most = present.length > 0 ? Math.max(...present) : null;
  const text = (value: number | null): string => (value === null ? '–' : format.value(value, unit));
  const timeText = at >= 0 ? format.time(timesMs[at] as number) : '';
  const valueText =
    at < 0
      ? t('chart.empty')
      : [
          `${timeText}: ${readings
            .filter((one) => !one.edge || one.value !== null)
            .map((one) => `${one.label} ${text(one.value)}`)
            .join(', ')}`,
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
      <ul className={css['legend']}>
        {named.length > LEGEND_LIMIT && (
          <li>{t('chart.many', { count: named.length, min: text(least), max: text(most) })}</li>
        )}
        {(named.length > LEGEND_LIMIT ? [] : named).map((one) => (
          <li key={one.key} data-ink={one.ink}>
            <i className={classes(css['swatch'], one.dashed && css['dashed'])} />
            <span className={css['name']} title={one.label}>
              {one.label}
            </span>
            <span className={css['value']}>{text(one.value)}</span>
          </li>
        ))}
      </ul>
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
          <div
            className={css['tip']}
            aria-hidden="true"
            style={tipPlace(
              cursor.left,
              plot.current.over.offsetLeft,
              plot.current.over.clientWidth,
            )}
          >
            <strong>{timeText}</strong>
            {readings
              .filter((one) => !one.edge || one.value !== null)
              .map((one) => (
                <span key={one.key} data-ink={one.ink}>
                  <i className={css['swatch']} />
                  {one.label} <b>{text(one.value)}</b>
                </span>
              ))}
            {marked.map((mark) => (
              <em key={`${mark.timeMs} ${mark.text}`}>{mark.text}</em>
            ))}
          </div>
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

/** Stacked series are drawn from the top one down, each over the former. */
function drawOrder(series: readonly ChartSeries[], stacked: boolean): number[] {
  const order = series.map((_, index) => index);
  return stacked ? order.toReversed() : order;
}

function plotSeries(one: ChartSeries, stacked: boolean): PlotSeries {
  return {
    ink: one.ink,
    fill: stacked ? 'solid' : one.soft ? 'soft' : 'none',
    dashed: one.dashed,
    width: one.edge ? 0.5 : stacked ? 1 : 1.5,
  };
}

/** Marks that the cursor is on: within a hundredth of what is shown. */
function marksNear(marks: readonly ChartMark[], timeMs: number, span: Span): readonly ChartMark[] {
  const reachMs = (span.toMs - span.fromMs) / 100;
  return marks.filter((mark) => Math.abs(mark.timeMs - timeMs) <= reachMs).slice(0, 3);
}

/** Place of the newest row with a value, −1 when there is none. */
function lastComplete(columns: readonly (readonly (number | null)[])[], length: number): number {
  for (let row = length - 1; row >= 0; row--)
    if (columns.some((values) => typeof values[row] === 'number')) return row;
  return -1;
}

/** On the side of the cursor that has room. */
function tipPlace(
  left: number,
  offset: number,
  width: number,
): { left: number } | { right: number } {
  return left < width / 2 ? { left: offset + left + 14 } : { right: width - left + 24 };
}

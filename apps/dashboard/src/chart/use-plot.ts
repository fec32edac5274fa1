import type { Unit } from '@openmanager/protocol';
import { useEffect, useRef, useState, type RefObject } from 'react';
import type uPlot from 'uplot';
import { useFormat } from '../i18n/locale.ts';
import { readPalette } from './palette.ts';
import { createPlot, type PlotBand, type PlotModel, type PlotSeries } from './plot.ts';
import type { ChartMark, ChartSeries, Columns } from './reading.ts';
import { useThemeVersion } from './theme-version.ts';
import { stack, type Span } from './timeline.ts';

/** Where the cursor is: a place in the times, and px from the left of the plot area. */
export interface Cursor {
  readonly index: number;
  readonly left: number;
  /** Whether it was moved on this chart. */
  readonly own: boolean;
}

interface PlotInput {
  readonly unit: Unit;
  readonly series: readonly ChartSeries[];
  readonly timesMs: readonly number[];
  readonly columns: Columns;
  readonly gaps: readonly Span[];
  readonly span: Span;
  readonly stacked: boolean;
  readonly top: number | undefined;
  readonly loose: boolean;
  readonly bands: readonly PlotBand[];
  readonly marks: readonly ChartMark[];
  readonly nowMs: number | undefined;
  readonly syncKey: string;
  readonly onZoom: (span: Span) => void;
}

/** Draws the plot into the element of `target` and keeps it up to date. */
export function usePlot(input: PlotInput): {
  readonly target: RefObject<HTMLDivElement | null>;
  readonly plot: RefObject<uPlot | null>;
  readonly cursor: Cursor | null;
  readonly setCursor: (cursor: Cursor | null) => void;
} {
  const { unit, series, timesMs, columns, gaps, span, stacked } = input;
  const { top, loose, bands, marks, nowMs, syncKey } = input;
  const format = useFormat();
  const target = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<Cursor | null>(null);
  const themeVersion = useThemeVersion();
  const model = useRef<PlotModel>(null as unknown as PlotModel);
  const onZoom = useRef(input.onZoom);
  onZoom.current = input.onZoom;

  // The plot is recreated only when its series change; values, span and theme are read at each draw.
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
        onZoom: (zoom) => onZoom.current(zoom),
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
  return { target, plot, cursor, setCursor };
}

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

import { MINUTE_MS } from '@openmanager/protocol/durations';
import type { Unit } from '@openmanager/protocol';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Format } from '@openmanager/texts';
import { axisTop, increments, looseRange } from './axes.ts';
import { faded, type Ink, type Palette } from './palette.ts';
import type { Span } from './timeline.ts';

export interface PlotSeries {
  readonly ink: Ink;
  /** Filled down to zero; opaque when stacked, so that the series beneath do not shine through. */
  readonly fill: 'none' | 'soft' | 'solid';
  readonly dashed?: boolean | undefined;
  readonly width?: number | undefined;
}

/** The area between two series, by their places, in the ink of the upper one. */
export interface PlotBand {
  readonly upper: number;
  readonly lower: number;
  readonly opacity: number;
}

/** What the plot reads while drawing; the component renews it before each redraw. */
export interface PlotModel {
  unit: Unit;
  span: Span;
  gaps: readonly Span[];
  marks: readonly { readonly timeMs: number }[];
  nowMs?: number | undefined;
  palette: Palette;
  format: Format;
  /** Fixed upper end of the value axis. */
  top?: number | undefined;
  loose: boolean;
}

export interface PlotEvents {
  onCursor(index: number | null, left: number, isSource: boolean): void;
  onZoom(span: Span): void;
}

const MINIMUM_ZOOM_MS = 5_000;

/** A uPlot in our look: no legend of its own, colours and texts from the model at each draw. */
export function createPlot(
  target: HTMLElement,
  series: readonly PlotSeries[],
  bands: readonly PlotBand[],
  model: PlotModel,
  events: PlotEvents,
  syncKey: string,
): uPlot {
  const options: uPlot.Options = {
    width: Math.max(120, target.clientWidth),
    height: Math.max(80, target.clientHeight),
    ms: 1,
    pxAlign: 1,
    padding: [8, 22, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: syncKey, scales: ['x', null], setSeries: false },
      drag: { x: true, y: false, setScale: false, dist: 4 },
      y: false,
      focus: { prox: -1 },
      points: {
        size: 7,
        width: 1.5,
        fill: () => model.palette.surface,
        stroke: (_plot, index) => model.palette.ink[series[index - 1]?.ink ?? 'c1'],
      },
    },
    scales: {
      x: { time: true, range: () => [model.span.fromMs, model.span.toMs] },
      y: {
        range: (_plot, min, max) =>
          model.loose
            ? looseRange(min ?? 0, max ?? 0)
            : [0, axisTop(max ?? 0, model.unit, model.top)],
      },
    },
    axes: [
      {
        stroke: () => model.palette.axis,
        font: model.palette.font,
        size: 26,
        gap: 6,
        space: 74,
        grid: { stroke: () => model.palette.grid, width: 1 },
        ticks: { show: false },
        values: (_plot, splits, _axis, _space, step) =>
          splits.map((time) => timeMark(model.format, time, step)),
      },
      {
        stroke: () => model.palette.axis,
        font: model.palette.font,
        gap: 6,
        space: 34,
        incrs: increments(model.unit),
        size: (plot, values, axis, cycle) =>
          axisWidth(plot, values, axis, cycle, model.palette.font),
        grid: { stroke: () => model.palette.grid, width: 1 },
        ticks: { show: false },
        values: (_plot, splits, _axis, _space, step) =>
          splits.map((value) => model.format.axis(value, model.unit, step)),
      },
    ],
    series: [
      {},
      ...series.map((one): uPlot.Series => ({
        stroke: () => model.palette.ink[one.ink],
        width: one.width ?? 1.5,
        ...(one.dashed ? { dash: [4, 4] } : {}),
        ...(one.fill === 'none'
          ? {}
          : {
              fill: () =>
                one.fill === 'solid'
                  ? blend(model.palette, one.ink)
                  : faded(model.palette.ink[one.ink], 0.14),
            }),
        points: { show: (plot, index) => isLonely(plot, index), size: 4 },
        spanGaps: false,
      })),
    ],
    bands: bands.map(({ upper, lower, opacity }) => ({
      series: [upper + 1, lower + 1],
      fill: () => faded(model.palette.ink[series[upper]?.ink ?? 'c1'], opacity),
    })),
    hooks: {
      drawClear: [(plot) => drawGaps(plot, model)],
      draw: [(plot) => drawMarks(plot, model)],
      setCursor: [
        (plot) => {
          const { idx, left, event } = plot.cursor;
          const inside = left !== undefined && left >= 0;
          events.onCursor(
            inside && typeof idx === 'number' ? idx : null,
            left ?? -1,
            event !== undefined && event !== null,
          );
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width <= 0) return;
          const fromMs = plot.posToVal(left, 'x');
          const toMs = plot.posToVal(left + width, 'x');
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          if (toMs - fromMs >= MINIMUM_ZOOM_MS)
            events.onZoom({ fromMs: Math.round(fromMs), toMs: Math.round(toMs) });
        },
      ],
    },
  };
  return new uPlot(options, [[], ...series.map(() => [])], target);
}

/** Clock times as far as the distance of the marks needs them; a date at midnight. */
function timeMark(format: Format, timeMs: number, stepMs: number): string {
  const date = new Date(timeMs);
  if (stepMs >= MINUTE_MS && date.getHours() === 0 && date.getMinutes() === 0)
    return format.date(timeMs);
  return stepMs < MINUTE_MS ? format.time(timeMs) : format.hourMinute(timeMs);
}

function axisWidth(
  plot: uPlot,
  values: string[] | null,
  axisIndex: number,
  cycle: number,
  font: string,
): number {
  const axis = plot.axes[axisIndex] as uPlot.Axis & { _size?: number };
  // After the first rounds of layout the width stays, or it would never settle.
  if (cycle > 1) return axis._size ?? 50;
  plot.ctx.save();
  plot.ctx.font = font.replace('11px', `${11 * devicePixelRatio}px`);
  const widest = (values ?? []).reduce(
    (width, text) => Math.max(width, plot.ctx.measureText(text).width),
    0,
  );
  plot.ctx.restore();
  // One width for most charts keeps their time axes in line under each other.
  return Math.max(58, Math.ceil(widest / devicePixelRatio) + 14);
}

/** A sample between two gaps has no line: it is shown as a point. */
function isLonely(plot: uPlot, seriesIndex: number): boolean {
  const values = plot.data[seriesIndex];
  if (!values) return false;
  let present = 0;
  for (const value of values) if (typeof value === 'number' && ++present > 1) return false;
  return present === 1;
}

/** Hatches the spans without samples: nothing is known there, and that is shown. */
function drawGaps(plot: uPlot, { gaps, palette, span }: PlotModel): void {
  if (gaps.length === 0) return;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = faded(palette.axis, 0.22);
  ctx.lineWidth = devicePixelRatio;
  for (const gap of gaps) {
    if (gap.toMs < span.fromMs || gap.fromMs > span.toMs) continue;
    const left = Math.max(bbox.left, plot.valToPos(gap.fromMs, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(gap.toMs, 'x', true));
    if (right - left < 2) continue;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.beginPath();
    const step = 7 * devicePixelRatio;
    for (let x = left - bbox.height; x < right; x += step) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
  ctx.restore();
}

/** A line where samples end, and a triangle at the top of each moment that stands out. */
function drawMarks(plot: uPlot, { marks, nowMs, palette, span }: PlotModel): void {
  const { ctx, bbox } = plot;
  const place = (timeMs: number): number => Math.round(plot.valToPos(timeMs, 'x', true));
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  if (nowMs !== undefined && nowMs > span.fromMs && nowMs < span.toMs) {
    ctx.strokeStyle = faded(palette.axis, 0.5);
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(place(nowMs), bbox.top);
    ctx.lineTo(place(nowMs), bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
  }
  const size = 5 * devicePixelRatio;
  ctx.fillStyle = palette.mark;
  ctx.strokeStyle = faded(palette.mark, 0.45);
  for (const { timeMs } of marks) {
    if (timeMs < span.fromMs || timeMs > span.toMs) continue;
    const x = place(timeMs);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - size, bbox.top);
    ctx.lineTo(x + size, bbox.top);
    ctx.lineTo(x, bbox.top + 1.6 * size);
    ctx.fill();
  }
  ctx.restore();
}

/** The ink over the surface as one opaque colour: canvas does not mix colours everywhere. */
function blend({ ink, surface }: Palette, name: Ink): string {
  const over = channels(ink[name]);
  const under = channels(surface);
  return `rgb(${over.map((value, index) => Math.round(value * 0.55 + (under[index] ?? 0) * 0.45)).join(', ')})`;
}

function channels(color: string): number[] {
  return (color.match(/[\d.]+/g) ?? ['128', '128', '128']).slice(0, 3).map(Number);
}

/** Samples, expected band and forecast of one series on one time axis, ready to be drawn. */
import type { History, Outlook } from '@openmanager/protocol';
import type { PlotBand } from '../../../chart/plot.ts';

export type OutlookRole = 'value' | 'lower' | 'upper' | 'forecast' | 'from' | 'to';

export interface OutlookColumn {
  readonly role: OutlookRole;
  /** Percent, of `from` and `to`. */
  readonly level?: number;
  readonly values: readonly (number | null)[];
}

export interface OutlookColumns {
  /** Ascending, epoch ms. */
  readonly timesMs: readonly number[];
  readonly columns: readonly OutlookColumn[];
  readonly bands: readonly PlotBand[];
  /** Of the newest sample; undefined without any. */
  readonly nowMs: number | undefined;
}

/** Shades of the intervals, narrowest first. */
const SHADES = [0.24, 0.16, 0.1];
const BAND_SHADE = 0.16;

export function outlookColumns(history: History | null, outlook: Outlook | null): OutlookColumns {
  const past = pointsOf(history);
  const last = past.at(-1);
  const { forecast = null, band } = outlook ?? {};
  const ahead = forecast
    ? forecast.mean
        .map((_, step) => ({ step, timeMs: forecast.startMs + step * forecast.stepMs }))
        .filter(({ timeMs }) => last === undefined || timeMs > last.timeMs)
    : [];
  const timesMs = [...past, ...ahead].map(({ timeMs }) => timeMs);
  const nothing = (count: number): null[] => Array.from({ length: count }, () => null);
  const inPast = (values: readonly (number | null)[]): (number | null)[] => [
    ...values,
    ...nothing(ahead.length),
  ];
  // What is expected begins at the newest sample, so that the lines meet.
  const inFuture = (values: readonly number[]): (number | null)[] => [
    ...nothing(Math.max(0, past.length - 1)),
    ...(last ? [ahead.length > 0 ? last.value : null] : []),
    ...ahead.map(({ step }) => values[step] ?? null),
  ];
  const columns: OutlookColumn[] = [
    { role: 'value', values: inPast(past.map(({ value }) => value)) },
  ];
  const bands: PlotBand[] = [];
  const area = (lower: OutlookColumn, upper: OutlookColumn, opacity: number): void => {
    bands.push({ lower: columns.length, upper: columns.length + 1, opacity });
    columns.push(lower, upper);
  };
  if (band && band.timesMs.length > 0) {
    const at = past.map(({ timeMs }) => timeMs);
    area(
      { role: 'lower', values: inPast(interpolated(band.timesMs, band.lower, at)) },
      { role: 'upper', values: inPast(interpolated(band.timesMs, band.upper, at)) },
      BAND_SHADE,
    );
  }
  if (forecast) {
    columns.push({ role: 'forecast', values: inFuture(forecast.mean) });
    for (const [place, { level, lower, upper }] of forecast.intervals.entries())
      area(
        { role: 'from', level, values: inFuture(lower) },
        { role: 'to', level, values: inFuture(upper) },
        SHADES[place] ?? 0.08,
      );
  }
  return { timesMs, columns, bands, nowMs: last?.timeMs };
}

function pointsOf(history: History | null): { timeMs: number; value: number }[] {
  const column = history?.columns[0] ?? [];
  return (history?.timesMs ?? []).flatMap((timeMs, at) => {
    const value = column[at];
    return typeof value === 'number' ? [{ timeMs, value }] : [];
  });
}

/** Values at other ascending times, on straight lines between the given ones; null outside and beside a null. */
export function interpolated(
  timesMs: readonly number[],
  values: readonly (number | null)[],
  at: readonly number[],
): (number | null)[] {
  let next = 0;
  return at.map((timeMs) => {
    while (next < timesMs.length && (timesMs[next] as number) < timeMs) next++;
    const right = values[next] ?? null;
    if (timesMs[next] === timeMs) return right;
    const left = next > 0 ? (values[next - 1] ?? null) : null;
    if (left === null || right === null) return null;
    const from = timesMs[next - 1] as number;
    const share = (timeMs - from) / ((timesMs[next] as number) - from);
    return left + share * (right - left);
  });
}

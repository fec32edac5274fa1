/** What a chart says at one place. */
import type { Ink } from './palette.ts';
import type { Span } from './timeline.ts';

export interface ChartSeries {
  readonly key: string;
  readonly label: string;
  readonly ink: Ink;
  readonly dashed?: boolean;
  readonly soft?: boolean;
  /** An edge of a band: a hair, left out of the legend. */
  readonly edge?: boolean;
}

/** A series with its value at a place. */
export interface Reading extends ChartSeries {
  readonly value: number | null;
}

/** A moment that stands out, marked on the time axis and named at the cursor. */
export interface ChartMark {
  readonly timeMs: number;
  readonly text: string;
}

export type Columns = readonly (readonly (number | null)[])[];

/** Marks that the cursor is on: within a hundredth of what is shown. */
export function marksNear(
  marks: readonly ChartMark[],
  timeMs: number,
  span: Span,
): readonly ChartMark[] {
  const reachMs = (span.toMs - span.fromMs) / 100;
  return marks.filter((mark) => Math.abs(mark.timeMs - timeMs) <= reachMs).slice(0, 3);
}

/** Place of the newest row with a value, −1 when there is none. */
export function lastComplete(columns: Columns, length: number): number {
  for (let row = length - 1; row >= 0; row--)
    if (columns.some((values) => typeof values[row] === 'number')) return row;
  return -1;
}

export function extremes(readings: readonly Reading[]): {
  readonly least: number | null;
  readonly greatest: number | null;
} {
  const present = readings.flatMap((one) => (one.value === null ? [] : [one.value]));
  return present.length === 0
    ? { least: null, greatest: null }
    : { least: Math.min(...present), greatest: Math.max(...present) };
}

/** The value in the head of a chart: of one series, or the sum of a stack. */
export function headValue(
  readings: readonly Reading[],
  stacked: boolean,
  headlineKey: string | undefined,
): number | null {
  if (headlineKey !== undefined)
    return readings.find((one) => one.key === headlineKey)?.value ?? null;
  return stacked ? readings.reduce((total, one) => total + (one.value ?? 0), 0) : null;
}

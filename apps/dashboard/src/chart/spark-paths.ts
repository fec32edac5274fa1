export interface SparkPoints {
  /** Ascending, epoch ms. */
  readonly timesMs: ArrayLike<number>;
  /** Shares from 0 to 1; NaN breaks the line. */
  readonly values: ArrayLike<number>;
  readonly fromMs: number;
  readonly toMs: number;
  /** A longer distance between samples is left open. */
  readonly gapMs: number;
}

/** Box of the paths. */
export const WIDTH = 120;
export const HEIGHT = 28;

/** The line and the area under it as SVG paths, in a box of 120 × 28. */
export function sparkPaths({ timesMs, values, fromMs, toMs, gapMs }: SparkPoints): {
  readonly line: string;
  readonly area: string;
} {
  let line = '';
  let area = '';
  let startX = 0;
  let before: { readonly time: number; readonly x: number } | undefined;
  const close = (): void => {
    if (before) area += `L${before.x} ${HEIGHT}L${startX} ${HEIGHT}Z`;
    before = undefined;
  };
  const span = Math.max(1, toMs - fromMs);
  for (let index = 0; index < timesMs.length; index++) {
    const time = timesMs[index] as number;
    const value = values[index] as number;
    if (time < fromMs || time > toMs) continue;
    if (Number.isNaN(value)) {
      close();
      continue;
    }
    if (before && time - before.time > gapMs) close();
    const x = round(((time - fromMs) / span) * WIDTH);
    const y = round(HEIGHT - 1 - Math.min(1, Math.max(0, value)) * (HEIGHT - 2));
    line += `${before ? 'L' : 'M'}${x} ${y}`;
    area += `${before ? 'L' : 'M'}${x} ${y}`;
    if (!before) startX = x;
    before = { time, x };
  }
  close();
  return { line, area };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

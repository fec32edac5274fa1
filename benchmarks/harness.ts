/** What every benchmark returns, and how it is printed. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The named alternative measured in the same run. */
  readonly against?: string;
  /** value of the alternative / our value, or as the name says. */
  readonly ratio?: number;
  /** What is to be reached, such as "<= 100". */
  readonly goal?: string;
  readonly met?: boolean;
}

export interface BenchResult {
  readonly bench: string;
  /** What else of the machine matters to the figures, such as who was pinned to which core. */
  readonly facts?: readonly string[];
  readonly figures: readonly Figure[];
}

export interface BenchOptions {
  readonly json: boolean;
  /** Shorter, for a first look; figures are rougher. */
  readonly quick: boolean;
  /** Folder of public data, for the benchmarks that judge on such. */
  readonly data?: string;
}

/** A figure with a goal that is an upper bound in the figure's own unit. */
export function atMost(
  name: string,
  value: number,
  unit: string,
  bound: number,
  more: Partial<Figure> = {},
): Figure {
  return { name, value, unit, goal: `<= ${bound}`, met: value <= bound, ...more };
}

/** A figure with a goal that is a lower bound in the figure's own unit. */
export function atLeast(
  name: string,
  value: number,
  unit: string,
  bound: number,
  more: Partial<Figure> = {},
): Figure {
  return { name, value, unit, goal: `>= ${bound}`, met: value >= bound, ...more };
}

/** The p-th quantile (0–1) of values, nearest rank; NaN for none. */
export function quantile(values: readonly number[], p: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  return (
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] ?? Number.NaN
  );
}

/** What the engine computes with. */

import type { CounterFigures, Labels } from '@openmanager/store/contract';

/** Points of one series as the store has them. Buckets stand at their end, the newest sample of what they hold. */
export interface Samples {
  readonly labels: Labels;
  /** Ascending, epoch ms. */
  readonly timesMs: Float64Array;
  /** The sample, or the last one of the bucket. */
  readonly values: Float64Array;
  /** Of buckets, where samples as they came are no longer kept. */
  readonly buckets: Buckets | undefined;
}

/** One entry per point; those of width 0 are samples. */
export interface Buckets {
  readonly widthsMs: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly mean: Float64Array;
  readonly count: Float64Array;
  readonly counter: CounterFigures | undefined;
}

/** One series over the steps of a query; `present` says at which it has a value, which may be NaN. */
export interface Series {
  readonly labels: Labels;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

export type Value =
  | { readonly type: 'scalar'; readonly values: Float64Array }
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'vector'; readonly series: readonly Series[] };

export const noLabels: Labels = new Map();

/** Without the named ones, and without empty values. */
export function withoutLabels(labels: Labels, names: readonly string[]): Labels {
  const left = new Map(labels);
  for (const name of names) left.delete(name);
  return left;
}

export function onlyLabels(labels: Labels, names: readonly string[]): Labels {
  const left = new Map<string, string>();
  for (const name of names) {
    const value = labels.get(name);
    if (value !== undefined) left.set(name, value);
  }
  return left;
}

/** For messages: `{a="b", c="d"}`. */
export function shownLabels(labels: Labels): string {
  const parts = [...labels.keys()]
    .sort()
    .map((name) => `${name}=${JSON.stringify(labels.get(name))}`);
  return `{${parts.join(', ')}}`;
}

export function emptySeries(labels: Labels, steps: number): Series {
  return { labels, values: new Float64Array(steps), present: new Uint8Array(steps) };
}

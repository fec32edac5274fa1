/**
 * Predictors: the next value is predicted from those before it, and the residual is written. 32-bit arithmetic: values
 * are below 2^29. Layout: docs/format/chunk.md
 */
import { BLOCK, riceCost } from './rice.ts';

/** Predictors by the number that is written in the column's head. */
export const VALUE = 0;
export const DELTA = 1;
export const DELTA2 = 2;
export const MEAN = 3;
export const SMOOTH2 = 4;
export const SMOOTH4 = 5;

export function meanOf(values: Int32Array, count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += values[index] as number;
  return Math.round(sum / count);
}

/** Columns of at least this many values choose their predictor by a sample of their blocks. */
const SAMPLED_FROM = 160;

/** The predictor with the smallest estimated cost in bits. */
export function choose(values: Int32Array, count: number): number {
  const mean = meanOf(values, count);
  let costs0 = 0;
  let costs1 = 0;
  let costs2 = 0;
  let costs3 = 0;
  let costs4 = 0;
  let costs5 = 0;
  let before = values[0] as number;
  let slope = 0;
  let smooth2 = before;
  let smooth4 = before << 2;
  // Of long columns, every other block is enough to decide.
  const stride = count >= SAMPLED_FROM ? 2 * BLOCK : BLOCK;
  for (let base = 0; base < count; base += stride) {
    if (base > 0 && stride > BLOCK) {
      before = values[base - 1] as number;
      slope = before - (values[base - 2] as number);
      smooth2 = before;
      smooth4 = before << 2;
    }
    const end = base + BLOCK < count ? base + BLOCK : count;
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    let sum4 = 0;
    let sum5 = 0;
    for (let index = base; index < end; index++) {
      const value = values[index] as number;
      const delta = value - before;
      sum0 += value;
      sum1 += delta < 0 ? -delta : delta;
      const second = delta - slope;
      sum2 += second < 0 ? -second : second;
      const off = value - mean;
      sum3 += off < 0 ? -off : off;
      const from2 = value - smooth2;
      sum4 += from2 < 0 ? -from2 : from2;
      smooth2 += from2 >> 1;
      const from4 = value - (smooth4 >> 2);
      sum5 += from4 < 0 ? -from4 : from4;
      smooth4 += from4;
      before = value;
      slope = delta;
    }
    const some = end - base;
    costs0 += riceCost(sum0, some);
    costs1 += riceCost(2 * sum1, some);
    costs2 += riceCost(2 * sum2, some);
    costs3 += riceCost(2 * sum3, some);
    costs4 += riceCost(2 * sum4, some);
    costs5 += riceCost(2 * sum5, some);
  }
  let best = VALUE;
  let least = costs0;
  if (costs1 < least) [best, least] = [DELTA, costs1];
  if (costs2 < least) [best, least] = [DELTA2, costs2];
  if (costs3 < least) [best, least] = [MEAN, costs3];
  if (costs4 < least) [best, least] = [SMOOTH2, costs4];
  if (costs5 < least) best = SMOOTH4;
  return best;
}

/** Replaces the values in `residuals` by their zigzag residuals; those of VALUE are the values. */
export function predict(
  residuals: Int32Array,
  count: number,
  predictor: number,
  start: number,
): void {
  if (predictor === VALUE) return;
  let before = start;
  if (predictor === DELTA)
    for (let index = 0; index < count; index++) {
      const value = residuals[index] as number;
      const off = value - before;
      residuals[index] = (off << 1) ^ (off >> 31);
      before = value;
    }
  else if (predictor === DELTA2) {
    let slope = 0;
    for (let index = 0; index < count; index++) {
      const value = residuals[index] as number;
      const delta = value - before;
      // Below 2^30 in magnitude, so that zigzag fits into 32 bits.
      const off = delta - slope;
      residuals[index] = (off << 1) ^ (off >> 31);
      before = value;
      slope = delta;
    }
  } else if (predictor === MEAN)
    for (let index = 0; index < count; index++) {
      const off = (residuals[index] as number) - start;
      residuals[index] = (off << 1) ^ (off >> 31);
    }
  else if (predictor === SMOOTH2)
    for (let index = 0; index < count; index++) {
      const off = (residuals[index] as number) - before;
      residuals[index] = (off << 1) ^ (off >> 31);
      before += off >> 1;
    }
  else {
    let smooth = start << 2;
    for (let index = 0; index < count; index++) {
      const off = (residuals[index] as number) - (smooth >> 2);
      residuals[index] = (off << 1) ^ (off >> 31);
      smooth += off;
    }
  }
}

/** Inverse of `predict`: decodes residuals, and writes `(low + value · unit) / power` of each value to `target`. */
export function restore(
  codes: Int32Array,
  count: number,
  predictor: number,
  start: number,
  low: number,
  unit: number,
  power: number,
  target: Float64Array,
): void {
  let before = start | 0;
  if (predictor === VALUE)
    for (let index = 0; index < count; index++)
      target[index] = (low + (codes[index] as number) * unit) / power;
  else if (predictor === DELTA)
    for (let index = 0; index < count; index++) {
      const code = codes[index] as number;
      before = (before + ((code >>> 1) ^ -(code & 1))) | 0;
      target[index] = (low + before * unit) / power;
    }
  else if (predictor === DELTA2) {
    let slope = 0;
    for (let index = 0; index < count; index++) {
      const code = codes[index] as number;
      slope = (slope + ((code >>> 1) ^ -(code & 1))) | 0;
      before = (before + slope) | 0;
      target[index] = (low + before * unit) / power;
    }
  } else if (predictor === MEAN)
    for (let index = 0; index < count; index++) {
      const code = codes[index] as number;
      target[index] = (low + (before + ((code >>> 1) ^ -(code & 1))) * unit) / power;
    }
  else if (predictor === SMOOTH2)
    for (let index = 0; index < count; index++) {
      const code = codes[index] as number;
      const off = (code >>> 1) ^ -(code & 1);
      target[index] = (low + (before + off) * unit) / power;
      before = (before + (off >> 1)) | 0;
    }
  else {
    let smooth = before << 2;
    for (let index = 0; index < count; index++) {
      const code = codes[index] as number;
      const off = (code >>> 1) ^ -(code & 1);
      target[index] = (low + ((smooth >> 2) + off) * unit) / power;
      smooth = (smooth + off) | 0;
    }
  }
}

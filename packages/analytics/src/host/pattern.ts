/**
 * How far a sample of several metrics is from the pattern they keep together: the Mahalanobis distance with a
 * covariance that forgets exponentially (a plain mean over the first samples), shrunk towards its diagonal. The
 * first dimensions may be covariates: the Cholesky factor is taken in order, so each coordinate of the solution is
 * what a dimension adds to those before it, and leaving out the covariates' coordinates gives the distance given
 * them (Schur complement). A missing dimension gets the coordinate 0, which is what the others lead to expect of it.
 *
 * Rows of the triangles are stored one after another, so a dimension that is added is appended.
 */

/** Added to the diagonal of the correlations; also the least pivot, whatever missing values did to the matrix. */
const RIDGE = 0.02;
/** Smallest scale of a dimension as a share of its range. */
const FLOOR = 0.01;
/** A dimension this young is not judged. */
const PROBATION = 400;
/** The factor is renewed after this many samples. */
const RENEW = 100;
/** Largest coordinate, in usual deviations: a constant metric that changes is far out, not infinitely. */
const CAP = 30;
/** The same of a covariate: what is expected is not extrapolated far beyond what was seen. */
const CAP_COVARIATE = 3;
/** A distance beyond this is learned as if it were this far, once the pattern has been seen so often. */
const LEARN_MOST = 4;
const LEARN_ALL = 500;

export interface Pattern {
  readonly size: number;
  readonly covariates: number;
  /** One number: samples seen. */
  readonly seen: Float64Array;
  /** Per dimension. */
  readonly mean: Float64Array;
  readonly count: Float64Array;
  /** Usual deviation; 0 for a dimension that is not judged yet. */
  readonly scale: Float64Array;
  /** Lower triangles by rows. */
  readonly covariance: Float32Array;
  readonly factor: Float32Array;
}

export function triangle(size: number): number {
  return (size * (size + 1)) / 2;
}

/** A pattern of `size` dimensions that knows what `old` knew of the first ones. */
export function createPattern(size: number, covariates: number, old?: Pattern): Pattern {
  const pattern = {
    size,
    covariates,
    seen: new Float64Array(1),
    mean: new Float64Array(size),
    count: new Float64Array(size),
    scale: new Float64Array(size),
    covariance: new Float32Array(triangle(size)),
    factor: new Float32Array(triangle(size)),
  };
  if (old !== undefined)
    for (const name of ['seen', 'mean', 'count', 'scale', 'covariance', 'factor'] as const)
      pattern[name].set(old[name]);
  return pattern;
}

/** What a judgement leaves for learning and for blaming; as long as the largest pattern, shared by all. */
export class Workspace {
  delta: Float64Array = new Float64Array(0);
  coordinates: Float64Array = new Float64Array(0);
  present: Int32Array = new Int32Array(0);

  reserve(size: number): void {
    if (this.delta.length >= size) return;
    this.delta = new Float64Array(size);
    this.coordinates = new Float64Array(size);
    this.present = new Int32Array(size);
  }
}

/** Root mean square of the coordinates of `values` (NaN is missing), about 1 where all is usual; 0 when unknown. */
export function distance(pattern: Pattern, values: Float64Array, work: Workspace): number {
  const { size, covariates, mean, scale, factor } = pattern;
  const { delta, coordinates } = work;
  let sum = 0;
  let judged = 0;
  for (let row = 0, at = 0; row < size; at += ++row) {
    const value = values[row]!;
    delta[row] = value - mean[row]!;
    coordinates[row] = 0;
    if (scale[row] === 0 || Number.isNaN(value)) continue;
    let rest = delta[row]! / scale[row]!;
    for (let column = 0; column < row; column++)
      rest -= factor[at + column]! * coordinates[column]!;
    rest /= factor[at + row]!;
    const limit = row < covariates ? CAP_COVARIATE : CAP;
    rest = rest > limit ? limit : rest < -limit ? -limit : rest;
    coordinates[row] = rest;
    if (row < covariates) continue;
    sum += rest * rest;
    judged++;
  }
  return judged === 0 ? 0 : Math.sqrt(sum / judged);
}

/** Learns the sample that was judged last; `far` is its distance, `ranges` those of the dimensions. */
export function learn(
  pattern: Pattern,
  values: Float64Array,
  ranges: Float64Array,
  far: number,
  window: number,
  work: Workspace,
): void {
  const { size, covariates, mean, count, covariance } = pattern;
  const { delta, present } = work;
  const seen = pattern.seen[0]! + 1;
  pattern.seen[0] = seen;
  const pull = seen > LEARN_ALL && far > LEARN_MOST ? LEARN_MOST / far : 1;
  let presents = 0;
  for (let row = 0; row < size; row++) {
    if (Number.isNaN(values[row]!)) continue;
    present[presents++] = row;
    count[row] = count[row]! + 1;
    if (row >= covariates) delta[row]! *= pull;
  }
  for (let i = 0; i < presents; i++) {
    const row = present[i]!;
    const at = triangle(row);
    const own = 1 / Math.min(window, count[row]!);
    const ofRow = delta[row]!;
    mean[row]! += own * ofRow;
    for (let j = 0; j <= i; j++) {
      const column = present[j]!;
      // The younger of two dimensions says how much is known of both together.
      const share = Math.max(own, 1 / Math.min(window, count[column]!));
      const old = covariance[at + column]!;
      covariance[at + column] = (1 - share) * (old + share * ofRow * delta[column]!);
    }
  }
  if (seen % RENEW === 0) renew(pattern, ranges);
}

/** Cholesky factor of the shrunk correlations. */
function renew({ size, count, scale, covariance, factor }: Pattern, ranges: Float64Array): void {
  for (let row = 0; row < size; row++) {
    const known = count[row]! >= PROBATION;
    const variance = covariance[triangle(row) + row]!;
    scale[row] = known ? Math.sqrt(variance) + FLOOR * ranges[row]! + Number.MIN_VALUE : 0;
  }
  for (let row = 0; row < size; row++) {
    const at = triangle(row);
    factor.fill(0, at, at + row);
    factor[at + row] = 1;
    if (scale[row] === 0) continue;
    for (let column = 0; column <= row; column++) {
      if (scale[column] === 0) continue;
      const above = triangle(column);
      let rest = covariance[at + column]! / scale[row]! / scale[column]!;
      if (column === row) rest += RIDGE;
      for (let k = 0; k < column; k++) rest -= factor[at + k]! * factor[above + k]!;
      factor[at + column] =
        column === row ? Math.sqrt(Math.max(rest, RIDGE)) : rest / factor[above + column]!;
    }
  }
}

/**
 * Adds to `blame` what each judged dimension has in the squared distance of the sample judged last: its deviation
 * times the deviation weighted by the inverse covariance, which sum to the squared distance. Less than nothing
 * (a dimension that makes the others more plausible) counts as nothing.
 */
export function attribute(pattern: Pattern, work: Workspace, blame: Float64Array): void {
  const { size, covariates, factor } = pattern;
  const { coordinates } = work;
  const solved = new Float64Array(size);
  for (let row = size - 1; row >= covariates; row--) {
    let rest = coordinates[row]!;
    for (let below = row + 1; below < size; below++)
      rest -= factor[triangle(below) + row]! * solved[below]!;
    solved[row] = rest / factor[triangle(row) + row]!;
  }
  for (let row = covariates; row < size; row++) {
    // The deviation given the covariates: the rows of the factor beyond them times the coordinates.
    let deviation = 0;
    for (let column = covariates; column <= row; column++)
      deviation += factor[triangle(row) + column]! * coordinates[column]!;
    const share = coordinates[row] === 0 ? 0 : deviation * solved[row]!;
    if (share > 0) blame[row - covariates]! += share;
  }
}

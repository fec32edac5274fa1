/** Textbook detectors of multivariate samples, fitted on the train part, for comparison. */
import type { Machine } from './corpus.ts';

/** Share of the variance the kept components have. */
const KEPT = 0.9;
const SWEEPS = 30;

interface Scaled {
  readonly rows: Float64Array;
  readonly metrics: number;
}

/** Standardised by mean and deviation of the train part; metrics that are constant there are only centred. */
function standardised({ values, metrics, rows, testFrom }: Machine): Scaled {
  const scaled = new Float64Array(rows * metrics);
  for (let metric = 0; metric < metrics; metric++) {
    let sum = 0;
    let squares = 0;
    for (let row = 0; row < testFrom; row++) {
      const value = values[row * metrics + metric]!;
      sum += value;
      squares += value * value;
    }
    const mean = sum / testFrom;
    const deviation = Math.sqrt(Math.max(0, squares / testFrom - mean * mean)) || 1;
    for (let row = 0; row < rows; row++)
      scaled[row * metrics + metric] = (values[row * metrics + metric]! - mean) / deviation;
  }
  return { rows: scaled, metrics };
}

/** Largest absolute z-score of each row. */
export function largestZ(machine: Machine): Float64Array {
  const { rows, metrics } = standardised(machine);
  return Float64Array.from({ length: machine.rows }, (_, row) => {
    const at = row * metrics;
    let most = 0;
    for (let metric = 0; metric < metrics; metric++)
      most = Math.max(most, Math.abs(rows[at + metric]!));
    return most;
  });
}

/** Eigenvectors (rows) and values of a symmetric matrix by Jacobi rotations. */
function eigen(
  matrix: Float64Array,
  size: number,
): { values: Float64Array; vectors: Float64Array } {
  const vectors = new Float64Array(size * size);
  for (let index = 0; index < size; index++) vectors[index * size + index] = 1;
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (let p = 0; p < size; p++)
      for (let q = p + 1; q < size; q++) {
        const off = matrix[p * size + q]!;
        if (Math.abs(off) < 1e-12) continue;
        const turn = (matrix[q * size + q]! - matrix[p * size + p]!) / (2 * off);
        const tangent = Math.sign(turn || 1) / (Math.abs(turn) + Math.sqrt(turn * turn + 1));
        const cosine = 1 / Math.sqrt(tangent * tangent + 1);
        const sine = tangent * cosine;
        for (let k = 0; k < size; k++) {
          const kp = matrix[k * size + p]!;
          const kq = matrix[k * size + q]!;
          matrix[k * size + p] = cosine * kp - sine * kq;
          matrix[k * size + q] = sine * kp + cosine * kq;
        }
        for (let k = 0; k < size; k++) {
          const pk = matrix[p * size + k]!;
          const qk = matrix[q * size + k]!;
          matrix[p * size + k] = cosine * pk - sine * qk;
          matrix[q * size + k] = sine * pk + cosine * qk;
          const vp = vectors[p * size + k]!;
          const vq = vectors[q * size + k]!;
          vectors[p * size + k] = cosine * vp - sine * vq;
          vectors[q * size + k] = sine * vp + cosine * vq;
        }
      }
  return {
    values: Float64Array.from({ length: size }, (_, index) => matrix[index * size + index]!),
    vectors,
  };
}

/** Squared error of rebuilding each row from the principal components that hold 90 % of the train part's variance. */
export function reconstructionError(machine: Machine): Float64Array {
  const { rows, metrics } = standardised(machine);
  const covariance = new Float64Array(metrics * metrics);
  for (let row = 0; row < machine.testFrom; row++)
    for (let p = 0; p < metrics; p++) {
      const value = rows[row * metrics + p]!;
      if (value === 0) continue;
      for (let q = 0; q < metrics; q++)
        covariance[p * metrics + q]! += (value * rows[row * metrics + q]!) / machine.testFrom;
    }
  const { values, vectors } = eigen(covariance, metrics);
  const order = [...values.keys()].toSorted((a, b) => values[b]! - values[a]!);
  const total = values.reduce((sum, value) => sum + value, 0);
  const kept: number[] = [];
  for (let sum = 0; sum < KEPT * total && kept.length < metrics;) {
    const next = order[kept.length]!;
    kept.push(next);
    sum += values[next]!;
  }
  return Float64Array.from({ length: machine.rows }, (_, index) => {
    const row = rows.subarray(index * metrics, (index + 1) * metrics);
    let error = 0;
    for (const value of row) error += value * value;
    for (const component of kept) {
      let along = 0;
      for (let metric = 0; metric < metrics; metric++)
        along += row[metric]! * vectors[component * metrics + metric]!;
      error -= along * along;
    }
    return Math.max(0, error);
  });
}

/**
 * Solves A x = b for symmetric positive definite A by Cholesky's decomposition. A is row-major with its lower half
 * filled, and is overwritten by its factor; b is overwritten by x. A pivot that rounding made too small is raised, so
 * that collinear columns share their weight instead of failing.
 */
export function solveSymmetric(a: Float64Array, b: Float64Array, size: number): Float64Array {
  for (let i = 0; i < size; i++) {
    const row = i * size;
    for (let j = 0; j <= i; j++) {
      const other = j * size;
      let sum = a[row + j] as number;
      for (let k = 0; k < j; k++) sum -= (a[row + k] as number) * (a[other + k] as number);
      a[row + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / (a[other + j] as number);
    }
  }
  for (let i = 0; i < size; i++) {
    let sum = b[i] as number;
    for (let k = 0; k < i; k++) sum -= (a[i * size + k] as number) * (b[k] as number);
    b[i] = sum / (a[i * size + i] as number);
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = b[i] as number;
    for (let k = i + 1; k < size; k++) sum -= (a[k * size + i] as number) * (b[k] as number);
    b[i] = sum / (a[i * size + i] as number);
  }
  return b;
}

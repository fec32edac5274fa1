/** Sum of what is known: NaN adds nothing, and a sum of nothing is NaN. */
export function plus(sum: number, value: number): number {
  if (Number.isNaN(value)) return sum;
  return Number.isNaN(sum) ? value : sum + value;
}

/** The larger of what is known. */
export function larger(largest: number, value: number): number {
  if (Number.isNaN(value)) return largest;
  return Number.isNaN(largest) || value > largest ? value : largest;
}

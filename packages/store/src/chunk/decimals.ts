/** Doubles as the decimals they were written as: `integer / 10^n`, exact both ways. */
export const POWERS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;
export const MAX_SCALED: number = 2 ** 51;
export const NOT_DECIMAL: number = POWERS.length;

/**
 * Scales `count` values to integers in `ints` and returns the decimals (exponent of ten) needed; NOT_DECIMAL if none
 * makes all of them exact. Puts the smallest and the largest integer into `range`.
 */
export function scale(
  values: Float64Array,
  count: number,
  ints: Float64Array,
  range: Float64Array,
): number {
  let decimals = 0;
  let power = 1;
  let restart = 0;
  let low = Infinity;
  let high = -Infinity;
  for (let index = 0; index < count; index++) {
    const value = values[index] as number;
    let scaled = Math.round(value * power);
    while (scaled / power !== value || scaled > MAX_SCALED || scaled < -MAX_SCALED) {
      if (++decimals === POWERS.length) return NOT_DECIMAL;
      power = POWERS[decimals] as number;
      scaled = Math.round(value * power);
      restart = index;
    }
    if (scaled === 0 && 1 / value < 0) return NOT_DECIMAL;
    ints[index] = scaled;
    if (scaled < low) low = scaled;
    if (scaled > high) high = scaled;
  }
  if (restart > 0) {
    // Values before `restart` were scaled with fewer decimals; rescale them, which may overflow.
    low = Infinity;
    high = -Infinity;
    for (let index = 0; index < count; index++) {
      const scaled = Math.round((values[index] as number) * power);
      if (scaled / power !== values[index] || scaled > MAX_SCALED || scaled < -MAX_SCALED)
        return NOT_DECIMAL;
      ints[index] = scaled;
      if (scaled < low) low = scaled;
      if (scaled > high) high = scaled;
    }
  }
  range[0] = low;
  range[1] = high;
  return decimals;
}

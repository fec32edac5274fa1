/** Made hourly series for the tests: repeatable, no clock. */
import { noise } from '../detect/series.ts';

/** Busy days, quiet weekends, noise; `level` and `swing` in the unit of the series. */
export function weekly(hours: number, level = 100, swing = 40, seed = 1): Float64Array {
  const random = noise(seed);
  return Float64Array.from({ length: hours }, (_, hour) => {
    const day = Math.floor(hour / 24) % 7;
    const busy = day < 5 ? 1 : 0.4;
    return (
      level + swing * busy * Math.sin((2 * Math.PI * (hour % 24)) / 24) + 0.02 * swing * random()
    );
  });
}

/** Mean of |a − b|. */
export function distance(a: Float64Array, b: Float64Array): number {
  return (
    a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] as number)), 0) / a.length
  );
}

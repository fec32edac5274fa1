import type { Unit } from '@openmanager/protocol';

/** Distances between marks: powers of two for bytes, 1-2-5 for the rest. */
export function increments(unit: Unit): number[] {
  if (unit === 'By' || unit === 'By/s') return Array.from({ length: 52 }, (_, power) => 2 ** power);
  const steps: number[] = [];
  for (let power = -4; power < 15; power++)
    for (const step of [1, 2, 5]) steps.push(step * 10 ** power);
  return steps;
}

/** Least upper end, so that an idle host does not look busy. */
const leastTop: Partial<Record<Unit, number>> = {
  '1': 0.05,
  By: 1024,
  'By/s': 4096,
  '1/s': 1,
  '{thread}': 0.5,
  s: 0.002,
  Hz: 1e9,
};

/**
 * Upper end of an axis that starts at zero: a round number just above the largest value, so that the scale
 * stays while values move a little.
 */
export function niceTop(max: number, unit: Unit): number {
  const least = leastTop[unit] ?? 1;
  const need = Math.max(least, max * 1.04);
  if (unit === '1' && max > 0.8 && max <= 1) return 1;
  if (unit === 'By' || unit === 'By/s') {
    const power = 2 ** Math.floor(Math.log2(need));
    return [1, 1.25, 1.5, 2].map((step) => step * power).find((top) => top >= need) ?? power * 2;
  }
  const power = 10 ** Math.floor(Math.log10(need));
  return (
    [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((top) => top >= need) ??
    power * 10
  );
}

/** As `niceTop`, but at least `top`; a little more than that is rounding, such as shares that add up to 100.2 %. */
export function axisTop(max: number, unit: Unit, top: number | undefined): number {
  return top !== undefined && max <= top * 1.02 ? top : niceTop(max, unit);
}

/** Temperatures do not start at zero: whole tens around what there is. */
export function looseRange(min: number, max: number): [number, number] {
  return [Math.floor((min - 2) / 10) * 10, Math.ceil((max + 2) / 10) * 10];
}

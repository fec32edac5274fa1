import type { Foresight } from './foresight.ts';
import type { Match, Reading } from './model.ts';
import type { BandRule, Guard } from '../model/rule.ts';

/** The figure a rule compares, NaN where there is none; keeps what the next sample needs. */
export function measure(
  match: Match,
  values: ArrayLike<number>,
  timeMs: number,
  targetId: string,
  foresight: Foresight | undefined,
): number {
  const { rule, slot } = match;
  let value = values[match.index] as number;
  if (match.perIndex >= 0) {
    const divisor = values[match.perIndex] as number;
    // Nothing happened at all: no share of it went wrong.
    value = value === 0 && divisor === 0 ? 0 : value / divisor;
    if (!Number.isFinite(value)) return Number.NaN;
  }
  if (slot.window) value = slot.window.add(timeMs, value);
  if (rule.kind === 'outside-band') return excess(rule, match, value, timeMs, targetId, foresight);
  if (rule.kind !== 'forecast') return value;
  const { bound, direction } = rule;
  return foresight?.crossing(targetId, match.seriesKey, timeMs, bound, direction) ?? Number.NaN;
}

/** Half-widths of the expected band by which the value lies beyond its edge; negative within. */
function excess(
  rule: BandRule,
  match: Match,
  value: number,
  timeMs: number,
  targetId: string,
  foresight: Foresight | undefined,
): number {
  const band = foresight?.band(targetId, match.seriesKey, timeMs);
  if (!band) return Number.NaN;
  const half = (band.upper - band.lower) / 2;
  if (!(half > 0)) return Number.NaN;
  const above = (value - band.upper) / half;
  const below = (band.lower - value) / half;
  return rule.side === 'both' ? Math.max(above, below) : rule.side === 'above' ? above : below;
}

/** What is shown of a judged figure: a value in the metric's unit and the bound it is held against. */
export function reading(
  match: Match,
  figure: number,
  values: ArrayLike<number>,
  timeMs: number,
  targetId: string,
  foresight: Foresight | undefined,
): Reading {
  const { rule } = match;
  const value = values[match.index] as number;
  if (rule.kind === 'forecast') return { measure: figure, value, threshold: rule.bound };
  if (rule.kind !== 'outside-band')
    return { measure: figure, value: figure, threshold: rule.threshold };
  const band = foresight?.band(targetId, match.seriesKey, timeMs);
  const middle = band ? (band.lower + band.upper) / 2 : value;
  return {
    measure: figure,
    value,
    threshold: (value < middle ? band?.lower : band?.upper) ?? value,
  };
}

/** Whether all guards hold; an active alert's hold up to their `clear`. */
export function guarded(match: Match, values: ArrayLike<number>, active: boolean): boolean {
  return match.guards.every(({ guard, index }) => {
    const value = index < 0 ? Number.NaN : (values[index] as number);
    return holds(guard, value, active);
  });
}

function holds(guard: Guard, value: number, active: boolean): boolean {
  const clear = active ? guard.clear : undefined;
  return guard.above === undefined
    ? value < (clear ?? guard.below ?? Number.NaN)
    : value > (clear ?? guard.above);
}

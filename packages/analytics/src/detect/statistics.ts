/**
 * One statistic per channel for a new point, 0 where it says nothing. Order matters: everything is compared with
 * what was known before the point, then learned.
 */
import { beyondRun } from './frozen.ts';
import { AT, CHANNEL as IS, COUNT, type State } from './layout.ts';
import { relative, standardise, weight } from './moments.ts';
import { learnProfile, profileAt } from './profile.ts';
import { beyondRange, rangeWidth } from './range-record.ts';
import { expectNext, learnNext } from './regression.ts';
import { beyondSlot, SLOTS } from './slot-record.ts';
import { logSpread } from './spread.ts';

/** Windows in points. */
const LONG = 2000;
const PROFILE_LONG = 1500;

export interface Point {
  /** Value less the series' origin. */
  x: number;
  /** 1 for the first. */
  seen: number;
  /** Time of day, 0–1. */
  day: number;
  intervalMs: number;
  /** What was expected, and the usual size of the error, both before the point was seen; less the origin. */
  expected: number;
  error: number;
  profile: number;
}

const terms = new Float64Array(5);

function positive(value: number): number {
  return value > 0 ? value : 0;
}

function negative(value: number): number {
  return value < 0 ? -value : 0;
}

/** Fills `raw` in the order of `channels`. */
export function measure(state: State, point: Point, raw: Float64Array): void {
  const { f, n } = state;
  const { x, seen, day } = point;
  const share = weight(seen, LONG);
  const tiny = 1e-9 * Math.abs(x) + 1e-12;
  if (seen === 1) {
    f[AT.last] = f[AT.beforeLast] = f[AT.mean] = x;
    f[AT.mean12] = f[AT.mean36] = x;
  }
  const last = f[AT.last]!;
  const usual = profileAt(f, AT.profile, n, COUNT.profile, day, f[AT.mean]!);
  point.profile = usual;

  // Regression, in units of the mean absolute deviation (the point's own counts, so that the first are no shock).
  const centre = f[AT.mean]!;
  const deviation = f[AT.deviation]! + share * (Math.abs(x - centre) - f[AT.deviation]!);
  f[AT.deviation] = deviation;
  const unit = deviation + tiny;
  terms[0] = (last - centre) / unit;
  terms[1] = (last - f[AT.beforeLast]!) / unit;
  terms[2] = (usual - centre) / unit;
  terms[3] = (f[AT.mean36]! - centre) / unit;
  terms[4] = 1;
  const expected = expectNext(f, AT.regression, terms);
  const error = (x - centre) / unit - expected;
  point.expected = centre + expected * unit;
  point.error = f[AT.usualError]! * unit;
  const surprise = relative(f, AT.usualError, error, 1e-2, seen, LONG);
  if (seen > 2) learnNext(f, AT.regression, terms, error, share);
  const ready = seen > 50;
  raw[IS.predictionHigh] = ready ? positive(surprise) : 0;
  raw[IS.predictionLow] = ready ? negative(surprise) : 0;

  // Level of the series.
  f[AT.mean] = centre + share * (x - centre);
  const mean12 = f[AT.mean12]! + weight(seen, 12) * (x - f[AT.mean12]!);
  const mean36 = f[AT.mean36]! + weight(seen, 36) * (x - f[AT.mean36]!);
  f[AT.mean12] = mean12;
  f[AT.mean36] = mean36;
  const floor = 1e-2 * deviation + tiny;

  // Records.
  const slot = Math.floor(day * SLOTS);
  const half = 0.25 * rangeWidth(f, AT.range) + tiny;
  const ofRange = beyondRange(f, AT.range, x, tiny);
  raw[IS.rangeHigh] = seen > 20 ? positive(ofRange) : 0;
  raw[IS.rangeLow] = seen > 20 ? negative(ofRange) : 0;
  const ofMean = beyondSlot(f, AT.slotMean, slot, mean12, half);
  raw[IS.slotMeanHigh] = positive(ofMean);
  raw[IS.slotMeanLow] = negative(ofMean);

  // Spread.
  const least = 1e-3 * deviation + tiny;
  const spread24 = logSpread(f, AT.spread24, x, least, seen, 24);
  const spread48 = logSpread(f, AT.spread48, x, least, seen, 48);
  raw[IS.slotSpread] = positive(beyondSlot(f, AT.slotSpread, slot, spread24, 0.5));
  raw[IS.frozen] = beyondRun(f, AT.run, x !== last);
  const burst = standardise(f, AT.usualSpread24, spread24, seen, LONG);
  const restless = standardise(f, AT.usualSpread48, spread48, seen, LONG);
  raw[IS.burst] = seen > 30 ? positive(burst) : 0;
  raw[IS.spread] = seen > 30 ? positive(restless) : 0;

  // How many of the last points were jumps.
  const step = x - last;
  relative(f, AT.step, step, 0.3 * floor, seen, LONG);
  const isJump = f[AT.step]! > 0 && Math.abs(step) > 4 * f[AT.step]! ? 1 : 0;
  const jumps = f[AT.jumps]! + (isJump - f[AT.jumps]!) / 48;
  f[AT.jumps] = jumps;
  const jumpy = standardise(f, AT.usualJumps, Math.sqrt(jumps), seen, LONG);
  raw[IS.jumps] = ready ? positive(jumpy) : 0;

  // Profile of the day.
  learnProfile(f, AT.profile, n, COUNT.profile, day, x, point.intervalMs);
  const off = f[AT.profileError]! + (x - usual - f[AT.profileError]!) / 4;
  f[AT.profileError] = off;
  const offProfile = relative(f, AT.usualProfileError, off, floor, seen, PROFILE_LONG);
  raw[IS.profile] = seen > 30 ? Math.abs(offProfile) : 0;

  f[AT.beforeLast] = last;
  f[AT.last] = x;
}

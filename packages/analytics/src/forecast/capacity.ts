/**
 * When something that fills is full: disk, inodes, memory. Days until the limit as quantiles over many futures, each
 * made of the daily changes of the past in blocks, so that busy weeks stay busy weeks (block bootstrap: Künsch, Annals
 * of Statistics 17, 1989), and each with a growth that the past could have had as well.
 */
import { dailyChanges } from './daily-changes.ts';
import { seededRandom } from './random.ts';

export interface CapacityOptions {
  /** Where it is full, in the unit of the series, such as 1 for a ratio. */
  readonly limit: number;
  /** @default 24 */
  readonly samplesPerDay?: number;
  /** Farther than this is said to be not growing. @default 365 */
  readonly maxDays?: number;
  /** @default 300 */
  readonly futures?: number;
  /** The same seed gives the same answer. @default 1 */
  readonly seed?: number;
}

export const capacityDefaults: Required<Omit<CapacityOptions, 'limit'>> = {
  samplesPerDay: 24,
  maxDays: 365,
  futures: 300,
  seed: 1,
};

/** Growth per day in the unit of the series, robust; cleanups seen: days on which it fell far more than it ever moves. */
interface Growth {
  readonly perDay: number;
  readonly cleanups: number;
}

export type Capacity =
  | (Growth & {
      readonly kind: 'full-in';
      /** Full within this many days with a chance of 10, 50 and 90 %; null where that is later than `maxDays`. */
      readonly p10: number;
      readonly p50: number;
      readonly p90: number | null;
    })
  | (Growth & { readonly kind: 'not-growing' })
  | { readonly kind: 'not-enough-history'; readonly days: number; readonly needed: number };

/** Daily changes without which nothing is said. */
const MIN_DAYS = 6;
/** Days of history that are looked back at. */
const MAX_DAYS_BACK = 90;
const BLOCK_DAYS = 3;

/** `values`: the level, the oldest first, NaN for a gap. Throws a RangeError for options out of range. */
export function capacity(values: Float64Array, options: CapacityOptions): Capacity {
  const { limit, samplesPerDay, maxDays, futures, seed } = { ...capacityDefaults, ...options };
  check({ limit, samplesPerDay, maxDays, futures });
  const { changes, level, perDay, cleanups } = dailyChanges(
    values.subarray(Math.max(0, values.length - samplesPerDay * MAX_DAYS_BACK)),
    samplesPerDay,
  );
  if (changes.length < MIN_DAYS)
    return { kind: 'not-enough-history', days: changes.length, needed: MIN_DAYS };
  if (level >= limit) return { kind: 'full-in', perDay, cleanups, p10: 0, p50: 0, p90: 0 };
  if (!(perDay > 0)) return { kind: 'not-growing', perDay, cleanups };
  const random = seededRandom(seed);
  const days = Float64Array.from({ length: futures }, () =>
    daysUntil(limit - level, changes, maxDays, random),
  ).sort();
  const [p10, p50, p90] = [0.1, 0.5, 0.9].map(
    (p) => days[Math.min(days.length - 1, Math.ceil(p * days.length) - 1)] as number,
  ) as [number, number, number];
  if (p50 > maxDays) return { kind: 'not-growing', perDay, cleanups };
  return { kind: 'full-in', perDay, cleanups, p10, p50, p90: p90 > maxDays ? null : p90 };
}

/** Of one future; Infinity beyond `maxDays`. */
function daysUntil(
  room: number,
  changes: Float64Array,
  maxDays: number,
  random: () => number,
): number {
  // The mean change of a past that could have been in place of the one that was.
  let drift = 0;
  drawn(changes, changes.length, random, (change) => {
    drift += change / changes.length;
    return true;
  });
  const own = changes.reduce((sum, change) => sum + change, 0) / changes.length;
  let left = room;
  let days = 0;
  let answer = Infinity;
  drawn(changes, maxDays, random, (change) => {
    const step = change - own + drift;
    if (step >= left) {
      answer = days + left / step;
      return false;
    }
    left -= step;
    days++;
    return true;
  });
  return answer;
}

/** Calls `use` with `count` changes in blocks from random places, round the end, until it returns false. */
function drawn(
  changes: Float64Array,
  count: number,
  random: () => number,
  use: (change: number) => boolean,
): void {
  const block = Math.min(BLOCK_DAYS, Math.ceil(changes.length / 4));
  let at = 0;
  for (let day = 0; day < count; day++, at++) {
    if (day % block === 0) at = Math.floor(random() * changes.length);
    if (!use(changes[at % changes.length] as number)) return;
  }
}

function check({
  limit,
  samplesPerDay,
  maxDays,
  futures,
}: Pick<Required<CapacityOptions>, 'limit' | 'samplesPerDay' | 'maxDays' | 'futures'>): void {
  if (!Number.isFinite(limit)) throw new RangeError('limit takes a finite number');
  for (const [name, value] of Object.entries({ samplesPerDay, maxDays, futures }))
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`${name} takes a whole number of at least 1`);
}

/** Day-to-day changes of a level, and which of its drops are cleanups. */

export interface DailyChanges {
  /** Change per day, the oldest first. */
  readonly changes: Float64Array;
  /** Where it is now; where it peaks where cleanups recur. */
  readonly level: number;
  /** Median slope between days any number apart, without cleanups (Theil 1950, Sen 1968), per day. */
  readonly perDay: number;
  readonly cleanups: number;
}

interface Day {
  readonly day: number;
  readonly level: number;
}

/** A fall this many times as large as a usual change is a cleanup. */
const CLEANUP = 4;

/**
 * Days are counted back from the newest value; a day is its median, so that a spike is none. A single cleanup is left
 * out: nobody can count on the next one. Where they recur, peaks take the place of levels: whether it ever gets full
 * is a question of how high it is before the next cleanup.
 */
export function dailyChanges(values: Float64Array, samplesPerDay: number): DailyChanges {
  const last = values.findLastIndex((value) => Number.isFinite(value));
  const days = daysOf(values, samplesPerDay, last);
  const usual = median(steps(days).map((step) => Math.abs(step)));
  const isCleanup = (step: number): boolean => step < 0 && -step > CLEANUP * usual;
  const cleanups = steps(days).flatMap((step, index) => (isCleanup(step) ? [index + 1] : []));
  const now = medianOf(values, last + 1 - Math.ceil(samplesPerDay / 4), last + 1);
  if (cleanups.length > 1) {
    const peaks = peaksOf(days, longestGap(cleanups));
    return {
      changes: perDayChanges(peaks, () => true),
      level: Math.max(now, peaks.at(-1)?.level ?? now),
      perDay: medianSlope(peaks),
      cleanups: cleanups.length,
    };
  }
  let taken = 0;
  const without = days.map(({ day, level }, index) => {
    if (cleanups.includes(index)) taken += (days[index - 1] as Day).level - level + usual;
    return { day, level: level + taken };
  });
  return {
    changes: perDayChanges(days, (step) => !isCleanup(step)),
    level: now,
    perDay: medianSlope(without),
    cleanups: cleanups.length,
  };
}

function daysOf(values: Float64Array, samplesPerDay: number, last: number): Day[] {
  const whole = Math.floor((last + 1) / samplesPerDay);
  return Array.from({ length: whole }, (_, day) => {
    const to = last + 1 - (whole - 1 - day) * samplesPerDay;
    return { day, level: medianOf(values, to - samplesPerDay, to) };
  }).filter(({ level }) => !Number.isNaN(level));
}

/** Changes per day from each to the next, over gaps evenly. */
function steps(days: readonly Day[]): number[] {
  return days.slice(1).map(({ day, level }, index) => {
    const before = days[index] as Day;
    return (level - before.level) / (day - before.day);
  });
}

function perDayChanges(days: readonly Day[], use: (step: number) => boolean): Float64Array {
  return Float64Array.from(
    steps(days).flatMap((step, index) => {
      const gap = (days[index + 1] as Day).day - (days[index] as Day).day;
      return use(step) ? Array.from({ length: gap }, () => step) : [];
    }),
  );
}

/** Highest level of each `cycle` days in a row. */
function peaksOf(days: readonly Day[], cycle: number): Day[] {
  return days.slice(cycle - 1).map(({ day }, index) => ({
    day,
    level: Math.max(...days.slice(index, index + cycle).map(({ level }) => level)),
  }));
}

function longestGap(places: readonly number[]): number {
  return Math.max(...places.slice(1).map((place, index) => place - (places[index] as number)));
}

function medianSlope(points: readonly Day[]): number {
  const slopes: number[] = [];
  for (const [index, a] of points.entries())
    for (const b of points.slice(index + 1)) slopes.push((b.level - a.level) / (b.day - a.day));
  const slope = median(slopes);
  return Number.isFinite(slope) ? slope : 0;
}

function medianOf(values: Float64Array, from: number, to: number): number {
  return median(
    [...values.subarray(Math.max(0, from), to)].filter((value) => Number.isFinite(value)),
  );
}

/** NaN of none. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[half] as number;
  const [below, above] = [sorted[half - 1], sorted[half]];
  return below === undefined || above === undefined ? Number.NaN : below / 2 + above / 2;
}

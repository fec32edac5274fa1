import fc from 'fast-check';
import { expect, test } from 'vitest';
import { forecast, type Forecast, type ForecastOptions } from './index.ts';
import { noise } from '../../test/detect/series.ts';
import { distance, weekly } from '../../test/forecast/made.ts';

function made(values: Float64Array, options: ForecastOptions = {}): Forecast {
  const answer = forecast(values, options);
  if (answer.kind !== 'forecast') throw new Error(answer.kind);
  return answer;
}

/** Everything finite, lower ≤ mean ≤ upper, a higher level around a lower one. */
function expectSane(answer: Forecast, horizon: number): void {
  expect(answer.mean).toHaveLength(horizon);
  expect(answer.naive).toHaveLength(horizon);
  expect(Number.isFinite(answer.skill)).toBe(true);
  const total = answer.models.reduce((sum, { weight }) => sum + weight, 0);
  expect(total).toBeCloseTo(1, 9);
  const byLevel = answer.intervals.toSorted((a, b) => a.level - b.level);
  for (let step = 0; step < horizon; step++) {
    let lower = answer.mean[step] as number;
    let upper = lower;
    expect(Number.isFinite(lower)).toBe(true);
    expect(Number.isFinite(answer.naive[step])).toBe(true);
    for (const interval of byLevel) {
      expect(interval.lower[step]).toBeLessThanOrEqual(lower);
      expect(interval.upper[step]).toBeGreaterThanOrEqual(upper);
      lower = interval.lower[step] as number;
      upper = interval.upper[step] as number;
      expect(Number.isFinite(lower) && Number.isFinite(upper)).toBe(true);
    }
  }
}

test('the week ahead of a weekly rhythm, told from its days alone', () => {
  const all = weekly(24 * 49);
  const answer = made(all.slice(0, 24 * 42), { season: 24, horizon: 168 });
  const truth = all.slice(24 * 42);
  expectSane(answer, 168);
  // The noise itself is 0.8 × uniform: 0.4 on average.
  expect(distance(answer.mean, truth)).toBeLessThan(0.8);
  expect(answer.skill).toBeGreaterThan(0.8);
  const inside = [...truth].filter((value, step) => {
    const interval = answer.intervals.find(({ level }) => level === 95);
    return value >= (interval?.lower[step] as number) && value <= (interval?.upper[step] as number);
  });
  expect(inside.length).toBeGreaterThan(0.9 * 168);
});

test('intervals hold about as many values as their level says', () => {
  const random = noise(5);
  const counts = new Map<number, number>();
  const series = 40;
  for (let seed = 0; seed < series; seed++) {
    const all = weekly(24 * 32, 100, 30, seed).map((value) => value + 8 * (random() + random()));
    const answer = made(all.slice(0, 24 * 30));
    for (const { level, lower, upper } of answer.intervals)
      for (let step = 0; step < 48; step++) {
        const value = all[24 * 30 + step] as number;
        if (value >= (lower[step] as number) && value <= (upper[step] as number))
          counts.set(level, (counts.get(level) ?? 0) + 1);
      }
  }
  for (const level of [50, 80, 95]) {
    const share = (100 * (counts.get(level) ?? 0)) / (48 * series);
    expect(share).toBeGreaterThan(level - 8);
    expect(share).toBeLessThan(level + 10);
  }
});

test('without a season: a random walk spreads with the horizon, noise does not', () => {
  const random = noise(8);
  let level = 0;
  const walk = Float64Array.from({ length: 600 }, () => (level += random()));
  const wandering = made(walk, { season: 1, horizon: 40, levels: [80] }).intervals[0];
  const width = (step: number): number =>
    (wandering?.upper[step] as number) - (wandering?.lower[step] as number);
  expect(width(38)).toBeGreaterThan(2.5 * width(1));
  const flat = Float64Array.from({ length: 600 }, () => 50 + random());
  const steady = made(flat, { season: 1, horizon: 40, levels: [95] });
  const [{ lower, upper }] = steady.intervals as [(typeof steady.intervals)[0]];
  expect((upper[39] as number) - (lower[39] as number)).toBeLessThan(4);
  expect(distance(steady.mean, new Float64Array(40).fill(50))).toBeLessThan(0.3);
});

test('no history, too little, too many holes', () => {
  expect(forecast(new Float64Array(0))).toEqual({
    kind: 'not-enough-history',
    known: 0,
    needed: 12,
  });
  expect(forecast(Float64Array.of(1, 2, Number.NaN))).toMatchObject({ known: 2 });
  expect(forecast(new Float64Array(500).fill(Number.NaN)).kind).toBe('not-enough-history');
  const holes = weekly(400).map((value, hour) => (hour % 3 === 0 ? value : Number.NaN));
  expect(forecast(holes)).toEqual({ kind: 'not-enough-history', known: 134, needed: 200 });
  const stopped = weekly(400).map((value, hour) => (hour < 150 ? value : Number.NaN));
  expect(forecast(stopped).kind).toBe('not-enough-history');
});

test('a constant stays what it is, zero and the largest number too', () => {
  for (const value of [0, 7, -3, 1e308, -1e308, 5e-324]) {
    const { mean, intervals } = made(new Float64Array(300).fill(value));
    expect([...new Set(mean)]).toEqual([value]);
    for (const { lower, upper } of intervals)
      expect([...new Set([...lower, ...upper])]).toEqual([value]);
  }
});

test('a short history is forecast without a season, a longer one without a week', () => {
  const short = made(weekly(40), { horizon: 6 });
  expectSane(short, 6);
  expect(short.models.map(({ name }) => name)).not.toContain('Holt-Winters');
  const days = made(weekly(24 * 10), { horizon: 24 });
  expectSane(days, 24);
  expect(days.models.map(({ name }) => name)).not.toContain('long seasonal naive');
  expect(distance(days.mean, weekly(24 * 11).slice(-24))).toBeLessThan(8);
});

test('gaps are bridged, and steps after a gap at the end are counted from now', () => {
  const all = weekly(24 * 44);
  const history = all.slice(0, 24 * 42);
  const gappy = history.map((value, hour) =>
    hour % 50 < 6 || (hour > 500 && hour < 540) ? Number.NaN : value,
  );
  expect(distance(made(gappy).mean, all.slice(24 * 42))).toBeLessThan(2);
  const stopped = history.map((value, hour) => (hour < 24 * 42 - 30 ? value : Number.NaN));
  expectSane(made(stopped), 48);
  expect(distance(made(stopped).mean, all.slice(24 * 42))).toBeLessThan(2);
  const infinite = history.map((value, hour) => (hour === 400 ? Infinity : value));
  expectSane(made(infinite), 48);
});

test('bounds are kept, and what is never negative stays so', () => {
  const random = noise(2);
  const percent = weekly(700, 90, 30).map((value) => Math.min(100, value + 20 * random()));
  const { mean, intervals } = made(percent, { min: 0, max: 100 });
  for (const values of [mean, ...intervals.flatMap(({ lower, upper }) => [lower, upper])])
    for (const value of values) expect(value).toBeLessThanOrEqual(100);
  const bursts = Float64Array.from({ length: 700 }, () => (random() > 0.8 ? 1000 * random() : 0));
  const burst = made(bursts.map(Math.abs));
  expectSane(burst, 48);
  for (const { lower } of burst.intervals)
    for (const value of lower) expect(value).toBeGreaterThanOrEqual(0);
});

test('options out of range are named', () => {
  const values = weekly(100);
  expect(() => forecast(values, { season: 0 })).toThrow('season');
  expect(() => forecast(values, { season: [24, -1] })).toThrow('season');
  expect(() => forecast(values, { horizon: 0.5 })).toThrow('horizon');
  expect(() => forecast(values, { levels: [100] })).toThrow('levels');
  expect(() => forecast(values, { min: 2, max: 1 })).toThrow('min');
});

const anyValue = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -1e3, max: 1e3, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1e308, -1e308, 5e-324, Number.NaN, Infinity) },
);
const anySeries = fc
  .oneof(
    fc.array(anyValue, { maxLength: 120 }),
    fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { minLength: 12, maxLength: 200 }),
    fc.array(fc.constantFrom(0, 1, Number.NaN), { maxLength: 120 }),
  )
  .map((values) => Float64Array.from(values));

test('whatever comes, the answer is finite and its intervals nested', () => {
  fc.assert(
    fc.property(
      anySeries,
      fc.constantFrom(1, 2, 4, 7, 24),
      fc.integer({ min: 1, max: 30 }),
      (values, season, horizon) => {
        const answer = forecast(values, { season, horizon, levels: [95, 10, 50] });
        if (answer.kind === 'forecast') expectSane(answer, horizon);
        else expect(answer.known).toBeLessThan(answer.needed);
      },
    ),
    { numRuns: 300 },
  );
});

test('another unit gives the same forecast in it; another zero too where values are taken as they are', () => {
  const random = noise(3);
  const base = weekly(500, 0, 40).map((value) => value + 10 * random());
  const plain = made(base);
  fc.assert(
    fc.property(
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
      fc.double({ min: -1e4, max: 1e4, noNaN: true }),
      (factor, shift) => {
        const positive = base.map((value) => value + 60);
        const scaled = made(positive.map((value) => value * factor)).mean;
        const unscaled = made(positive).mean;
        const moved = made(
          base.map((value) => value * factor + shift),
          { transform: 'raw' },
        );
        for (let step = 0; step < 48; step++) {
          expect((scaled[step] as number) / factor).toBeCloseTo(unscaled[step] as number, 4);
          const back = ((moved.mean[step] as number) - shift) / factor;
          if (Math.abs(shift) / factor < 1e6)
            expect(back).toBeCloseTo(plain.mean[step] as number, 2);
        }
      },
    ),
    { numRuns: 15 },
  );
});

test('what comes later changes nothing that was said before', () => {
  const all = weekly(800, 100, 40, 9);
  const before = made(all.slice(0, 700));
  all.fill(1e9, 700);
  expect(made(all.slice(0, 700))).toEqual(before);
});

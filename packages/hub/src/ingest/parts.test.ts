import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hubTimes, measureClock, SKEW_LIMIT_MS } from './clock-shift.ts';
import { LATE_AFTER_MS, splitRows } from './late-rows.ts';
import { Rate, RecentValues } from './measure.ts';

test('rows are split without loss: live ones ascend and are fresh, all others are late', () => {
  const now = 1_800_000_000_000;
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: now - 60_000, max: now + 1000 }), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: now - 60_000, max: now }),
      (timesMs, newestLiveMs) => {
        const values = Float64Array.from(timesMs, (_, row) => row);
        const split = splitRows({
          hostId: 'h',
          keys: ['a'],
          timesMs,
          columns: [values],
          receivedMs: now,
          newestLiveMs,
        });
        let before = newestLiveMs;
        for (const update of split.live) {
          expect(update.timeMs).toBeGreaterThan(before);
          expect(update.timeMs).toBeGreaterThanOrEqual(now - LATE_AFTER_MS);
          before = update.timeMs;
        }
        expect(split.newestLiveMs).toBe(before);
        const late = split.late?.timesMs ?? [];
        expect([...late]).toEqual(late.toSorted((a, b) => a - b));
        // Every row is there once, with its own value.
        const rows = [
          ...split.live.map((update) => update.values[0]),
          ...(split.late?.columns[0] ?? []),
        ];
        expect(rows.toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual(timesMs.map((_, row) => row));
      },
    ),
  );
});

test('corrected times are never more than the limit ahead, and keep their distances', () => {
  const now = 1_800_000_000_000;
  fc.assert(
    fc.property(
      fc.integer({ min: -1e10, max: 1e10 }),
      fc.integer({ min: -1e8, max: 1e8 }),
      fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 20 }),
      (offset, stray, steps) => {
        const clock = measureClock(now + offset, now);
        const raw = steps.map((step) => now + offset + stray + step);
        const { timesMs } = hubTimes(raw, clock.shiftMs, now);
        expect(Math.max(...timesMs)).toBeLessThanOrEqual(now + SKEW_LIMIT_MS);
        expect(timesMs.map((time) => time - (timesMs[0] ?? 0))).toEqual(
          raw.map((time) => time - (raw[0] ?? 0)),
        );
      },
    ),
  );
});

test('percentiles are of the newest values', () => {
  const values = new RecentValues(100);
  expect(values.percentiles()).toEqual({ p50: 0, p99: 0 });
  for (let value = 0; value < 1000; value++) values.add(value);
  expect(values.percentiles()).toEqual({ p50: 950, p99: 999 });
});

test('a rate is over the last ten whole seconds', () => {
  const rate = new Rate();
  const start = 1_800_000_000_000;
  for (let second = 0; second < 30; second++) rate.add(50, start + second * 1000);
  expect(rate.perSecond(start + 30_000)).toBe(50);
  expect(rate.perSecond(start + 35_000)).toBe(25);
  expect(rate.perSecond(start + 60_000)).toBe(0);
});

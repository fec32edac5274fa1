import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReplayRing } from './ring.ts';

const bounds = { entries: 5, bytes: 100, ageMs: 1000 };
const part = (size: number): { size: number } => ({ size });

test('it returns everything after an offset or nothing, and stays within its bounds', () => {
  const step = fc.record({
    size: fc.integer({ min: 1, max: 60 }),
    waitMs: fc.integer({ min: 0, max: 400 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(45), (steps, from) => {
      const ring = new ReplayRing<{ size: number }>(bounds);
      const all: { size: number; timeMs: number }[] = [];
      let now = 0;
      for (const { size, waitMs } of steps) {
        now += waitMs;
        all.push({ size, timeMs: now });
        ring.push(all.length, now, part(size));
        expect(ring.entries).toBeLessThanOrEqual(5);
        expect(ring.bytes).toBeLessThanOrEqual(100);
      }
      const missed = all.slice(from);
      const fits =
        from <= all.length &&
        missed.length <= 5 &&
        missed.reduce((sum, { size }) => sum + size, 0) <= 100 &&
        missed.every(({ timeMs }) => now - timeMs <= 1000);
      const found = ring.since(from, all.length, now);
      expect(found?.map(({ size }) => size)).toEqual(
        fits ? missed.map(({ size }) => size) : undefined,
      );
    }),
  );
});

test('entries expire even when nothing is added', () => {
  const ring = new ReplayRing<{ size: number }>(bounds);
  ring.push(1, 0, part(1));
  expect(ring.since(0, 1, 1000)).toHaveLength(1);
  expect(ring.since(0, 1, 1001)).toBeUndefined();
  expect(ring.since(1, 1, 5000)).toEqual([]);
});

test('one part larger than the ring is not kept', () => {
  const ring = new ReplayRing<{ size: number }>(bounds);
  ring.push(1, 0, part(101));
  expect([ring.entries, ring.bytes, ring.since(0, 1, 0)]).toEqual([0, 0, undefined]);
});

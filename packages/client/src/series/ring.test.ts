import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FIRST_SLOTS, pointsFor, Ring, slotsFor } from './ring.ts';

const generous = (_held: number, wanted: number): number => wanted;

const time = fc.integer({ min: 0, max: 60 });
const value = fc.integer({ min: 0, max: 5 });
const operation = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), time, value, replace: fc.boolean() }),
  fc.record({
    kind: fc.constant('merge' as const),
    points: fc.uniqueArray(fc.tuple(time, value), { selector: ([at]) => at, maxLength: 50 }),
    replace: fc.boolean(),
  }),
);

/** A sorted map of times, cut to the newest. */
class NaiveSeries {
  points = new Map<number, number>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(at: number, value: number, replace: boolean): void {
    if (replace || !this.points.has(at)) this.points.set(at, value);
  }

  cut(): void {
    this.points = new Map([...this.points].sort(([a], [b]) => a - b).slice(-this.#limit));
  }
}

const pairs = (ring: Ring): number[][] => {
  const { timesMs, values } = ring.view();
  return Array.from(timesMs, (at, index) => [at, values.at(index) ?? Number.NaN]);
};

test('holds what a sorted map cut to the newest points holds, and never rewrites a view', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.array(operation, { maxLength: 60, size: 'max' }),
      (limit, operations) => {
        const ring = new Ring(limit, generous);
        const naive = new NaiveSeries(limit);
        const views: { readonly view: ReturnType<Ring['view']>; readonly copy: number[] }[] = [];
        for (const step of operations) {
          const before = pairs(ring);
          let changed: boolean;
          if (step.kind === 'push') {
            changed = ring.push(step.time, step.value, step.replace);
            naive.add(step.time, step.value, step.replace);
          } else {
            const points = step.points.toSorted(([a], [b]) => a - b);
            changed = ring.merge(
              points.map(([at]) => at),
              points.map(([, held]) => held),
              step.replace,
            );
            for (const [at, held] of points) naive.add(at, held, step.replace);
          }
          naive.cut();
          const after = pairs(ring);
          expect(after).toEqual([...naive.points]);
          if (!changed) expect(after).toEqual(before);
          const view = ring.view();
          views.push({ view, copy: [...view.timesMs, ...view.values] });
        }
        for (const { view, copy } of views) expect([...view.timesMs, ...view.values]).toEqual(copy);
      },
    ),
    { numRuns: 500 },
  );
});

test('never has more slots than its limit needs, and grows from few', () => {
  const ring = new Ring(900, generous);
  ring.push(0, 0, true);
  expect(ring.slots).toBe(FIRST_SLOTS);
  for (let at = 1; at < 5000; at++) ring.push(at, at, true);
  expect(ring.slots).toBe(slotsFor(900));
  expect(ring.length).toBe(900);
  expect(ring.firstMs).toBe(4100);
});

test('a ring that gets no more room lets its oldest points go, and counts them', () => {
  const ring = new Ring(900, (held, wanted) => (held === 0 ? wanted : held));
  for (let at = 0; at < 1000; at++) ring.push(at, at, true);
  expect(ring.slots).toBe(FIRST_SLOTS);
  expect(ring.length).toBeGreaterThanOrEqual(pointsFor(FIRST_SLOTS));
  expect(ring.lastMs).toBe(999);
  expect(ring.length + ring.takeLost()).toBe(1000);
  expect(ring.takeLost()).toBe(0);
});

test('a point late by one is put in its place', () => {
  const ring = new Ring(10, generous);
  for (const at of [1, 2, 4]) ring.push(at, at, true);
  expect(ring.push(3, 3, false)).toBe(true);
  expect(ring.push(3, 9, false)).toBe(false);
  expect(ring.push(3, 9, true)).toBe(true);
  expect(pairs(ring)).toEqual([
    [1, 1],
    [2, 2],
    [3, 9],
    [4, 4],
  ]);
});

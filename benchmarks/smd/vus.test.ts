import { expect, test } from 'vitest';
import { eventsOf, vusPr } from './vus.ts';

/** The measure as it is defined, threshold by threshold and row by row: slow, without ranks. */
function plainVusPr(scores: readonly number[], labels: readonly number[], window: number): number {
  const rows = scores.length;
  const events = eventsOf(labels);
  const sorted = scores.toSorted((a, b) => b - a);
  let volume = 0;
  for (let width = 0; width <= window; width++) {
    const half = Math.floor(width / 2);
    const soft = labels.map((label, row) => {
      let weight = label;
      for (const [first, last] of events) {
        const away = row < first ? first - row : row - last;
        if (away > 0 && away <= half) weight += Math.sqrt(1 - away / width);
      }
      return Math.min(1, weight);
    });
    // In half rows: sides that only lie beside each other stay two.
    const near = Array.from({ length: 2 * rows }, (_, place) =>
      events.some(([first, last]) => place >= 2 * (first - half) && place <= 2 * (last + half))
        ? 1
        : 0,
    );
    const wide = eventsOf(near).map(([first, last]) => [first / 2, Math.floor(last / 2)] as const);
    let before = 0;
    for (let index = 0; index < 250; index++) {
      const threshold = sorted[Math.floor(index * ((rows - 1) / 249))] as number;
      const reached = scores.map((score) => score >= threshold);
      let [hits, sides, predicted] = [0, 0, 0];
      for (const [row, reaches] of reached.entries()) {
        if (!reaches) continue;
        predicted++;
        hits += soft[row] as number;
        if (labels[row] === 0) sides += soft[row] as number;
      }
      const labelled = labels.filter((label) => label === 1).length;
      const touched = wide.filter(([first, last]) =>
        reached.slice(first, last + 1).includes(true),
      ).length;
      const recall =
        Math.min(1, hits / ((labelled + labelled + sides) / 2)) * (touched / wide.length);
      volume += (recall - before) * (hits / predicted);
      before = recall;
    }
  }
  return volume / (window + 1);
}

function mixed(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test.each([
  [90, 1, 20],
  [300, 2, 30],
  [400, 3, 0],
  [260, 4, 41],
])('%i rows: equals the definition', (rows, seed, window) => {
  const random = mixed(seed);
  const labels = Array.from({ length: rows }, () => 0);
  for (let event = 0; event < 4; event++)
    labels.fill(1, Math.floor(random() * rows), Math.floor(random() * rows));
  labels[5] = 1;
  labels[rows - 1] = seed % 2;
  // Rounded, so that there are ties.
  const scores = labels.map((label) => Number((random() + 0.7 * label * random()).toFixed(2)));
  expect(vusPr(scores, labels, window)).toBeCloseTo(plainVusPr(scores, labels, window), 9);
});

const labels = Array.from({ length: 1000 }, (_, row) => (row >= 500 && row < 550 ? 1 : 0));

test('scores that are the labels are near 1, opposite ones near 0, constant ones the share of rows', () => {
  expect(vusPr(labels, labels, 0)).toBeCloseTo(1, 9);
  expect(vusPr(labels, labels)).toBeGreaterThan(0.9);
  const opposite = labels.map((label) => 1 - label);
  expect(vusPr(opposite, labels, 0)).toBeLessThan(0.06);
  expect(vusPr(new Float64Array(1000), labels, 0)).toBeCloseTo(0.05, 9);
});

test('a score that comes a little late is worth more with sides than without', () => {
  const late = labels.map((_, row) => (row >= 520 && row < 570 ? 1 : 0));
  expect(vusPr(late, labels)).toBeGreaterThan(vusPr(late, labels, 0) + 0.1);
});

test('only the order of scores counts', () => {
  const random = mixed(9);
  const scores = labels.map((label) => random() + label * 0.5);
  expect(vusPr(scores.map(Math.exp), labels)).toBeCloseTo(vusPr(scores, labels), 12);
});

test('without events there is no such measure', () => {
  expect(vusPr([1, 2, 3], [0, 0, 0])).toBeNaN();
});

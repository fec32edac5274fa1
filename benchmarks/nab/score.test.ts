import { expect, test } from 'vitest';
import { prepare, probationRows, profiles, scoreAt, scoreOptimised, sigmoid } from './score.ts';

const [standard, lowFalse, lowMissed] = profiles as [
  (typeof profiles)[number],
  (typeof profiles)[number],
  (typeof profiles)[number],
];

/** 100 rows, one window on rows 40 to 59, scores 1 at `rows`. */
function file(...rows: number[]): { scores: Float64Array; windows: [number, number][] } {
  const scores = new Float64Array(100);
  for (const row of rows) scores[row] = 1;
  return { scores, windows: [[40, 59]] };
}

function normalised(rows: number[], profile = standard): number {
  return scoreAt(prepare([file(...rows)]), profile, 0.5).normalised;
}

test('the sigmoid has the values NAB documents', () => {
  expect(sigmoid(-1)).toBeCloseTo(0.98661, 5);
  expect(sigmoid(-0.5)).toBeCloseTo(0.84828, 5);
  expect(sigmoid(0)).toBe(0);
  expect(sigmoid(1)).toBeCloseTo(-0.98661, 5);
  expect(sigmoid(3)).toBe(-1);
});

test('probation is 15 % of the rows, of 5,000 at most', () => {
  expect([100, 33, 4032, 5000, 22695].map(probationRows)).toEqual([15, 4, 604, 750, 750]);
});

test('no alarm is 0, an alarm on the first row of each window is 100', () => {
  for (const profile of profiles) {
    expect(normalised([], profile)).toBe(0);
    expect(normalised([40], profile)).toBeCloseTo(100, 9);
  }
});

test('the earliest alarm in a window counts, once', () => {
  // Row 50 is 10 rows before the end of 20: position -0.5 of the window, 0.84828 / 0.98661 of its worth.
  const half = sigmoid(-0.5) / sigmoid(-1);
  expect(normalised([50])).toBeCloseTo((100 * (1 + half)) / 2, 9);
  expect(normalised([50, 55, 59])).toBeCloseTo((100 * (1 + half)) / 2, 9);
  expect(normalised([50], lowMissed)).toBeCloseTo((100 * (2 + half)) / 3, 9);
});

test('an alarm before any window costs all of A_fp, after one less, in probation nothing', () => {
  expect(normalised([20, 40])).toBeCloseTo(100 - (100 * 0.11) / 2, 9);
  expect(normalised([20, 40], lowFalse)).toBeCloseTo(100 - (100 * 0.22) / 2, 9);
  // Row 78 is 19 rows after the window, whose width less one is 19: position 1.
  expect(normalised([40, 78])).toBeCloseTo(100 + (100 * 0.11 * sigmoid(1)) / 2, 9);
  expect(normalised([3, 40])).toBeCloseTo(100, 9);
});

test('the optimised threshold is the best of all, and counts what it finds', () => {
  const scores = new Float64Array(100);
  scores[20] = 0.3;
  scores[40] = 0.4;
  scores[90] = 0.2;
  const corpus = prepare([{ scores, windows: [[40, 59]] }]);
  expect(scoreOptimised(corpus, standard)).toMatchObject({
    threshold: 0.4,
    detected: 1,
    windows: 1,
    falseAlarms: 0,
  });
  expect(scoreAt(corpus, standard, 0.5).normalised).toBe(0);
  expect(scoreAt(corpus, standard, 0.25)).toMatchObject({ detected: 1, falseAlarms: 1 });
});

test('files add up, a file without windows can only lose', () => {
  const silent = { scores: new Float64Array(100), windows: [] };
  const noisy = {
    scores: Float64Array.from({ length: 100 }, (_, row) => (row === 30 ? 1 : 0)),
    windows: [],
  };
  expect(scoreAt(prepare([file(40), silent]), standard, 0.5).normalised).toBeCloseTo(100, 9);
  expect(scoreAt(prepare([file(40), noisy]), standard, 0.5).normalised).toBeCloseTo(94.5, 9);
});

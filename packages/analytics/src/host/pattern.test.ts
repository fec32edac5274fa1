import { describe, expect, test } from 'vitest';
import { createEnvelopes, widen, widthOf } from './envelope.ts';
import { attribute, createPattern, distance, learn, Workspace, type Pattern } from './pattern.ts';
import { rhythm, RHYTHM_SIZE } from './rhythm.ts';
import { noise } from '../../test/detect/series.ts';

const WINDOW = 5000;
const work = new Workspace();
work.reserve(8);

/** Teaches samples to a pattern; the distance of each, as it was before it was learned. */
function teach(pattern: Pattern, samples: readonly (readonly number[])[]): number[] {
  const ranges = new Float64Array(pattern.size).fill(1e-6);
  return samples.map((sample) => {
    const values = Float64Array.from(sample);
    const far = distance(pattern, values, work);
    learn(pattern, values, ranges, far, WINDOW, work);
    return far;
  });
}

function judged(pattern: Pattern, sample: readonly number[]): number {
  return distance(pattern, Float64Array.from(sample), work);
}

describe('distance', () => {
  const random = noise(1);
  const together = Array.from({ length: 4000 }, () => {
    const common = random();
    return [common + 0.1 * random(), 100 * (common + 0.1 * random())];
  });

  test('is the Mahalanobis distance with shrunk correlations', () => {
    const pattern = createPattern(2, 0);
    teach(pattern, together);
    // Both have variance 0.3367 (of [-1, 1)), 1.01 of it with noise, and the correlation is 1 / 1.01.
    const [a, b] = [1.5, -0.5];
    const scale = Math.sqrt((1 + 0.01) / 3);
    const [r, d] = [1 / 1.01, 1.02];
    const [x, y] = [a / scale, b / scale];
    const expected = Math.sqrt((d * x * x - 2 * r * x * y + d * y * y) / (d * d - r * r) / 2);
    expect(judged(pattern, [a, 100 * b])).toBeCloseTo(expected, 0);
    expect(Math.abs(judged(pattern, [a, 100 * b]) / expected - 1)).toBeLessThan(0.03);
  });

  test('is about 1 for usual samples and large where dimensions part within their ranges', () => {
    const pattern = createPattern(2, 0);
    const far = teach(pattern, together).slice(1000);
    const meanSquare = far.reduce((sum, one) => sum + one * one, 0) / far.length;
    expect(Math.sqrt(meanSquare)).toBeGreaterThan(0.7);
    expect(Math.sqrt(meanSquare)).toBeLessThan(1.1);
    expect(judged(pattern, [0.8, 80])).toBeLessThan(1.5);
    expect(judged(pattern, [0.8, -80])).toBeGreaterThan(6);
  });

  test('of a missing dimension is that of the others', () => {
    const both = createPattern(2, 0);
    const one = createPattern(1, 0);
    teach(both, together);
    teach(
      one,
      together.map(([first = 0]) => [first]),
    );
    // One distance is the mean of the dimensions that are there.
    expect(judged(both, [1.2, Number.NaN])).toBeCloseTo(judged(one, [1.2]), 6);
    expect(judged(both, [Number.NaN, Number.NaN])).toBe(0);
  });

  test('given covariates leaves out what they explain', () => {
    const rows = Array.from({ length: 4000 }, () => {
      const load = random();
      return [load, 5 * load + 0.1 * random()];
    });
    const given = createPattern(2, 1);
    const alone = createPattern(1, 0);
    teach(given, rows);
    teach(
      alone,
      rows.map(([, value = 0]) => [value]),
    );
    expect(judged(given, [0.9, 4.5])).toBeLessThan(1);
    expect(judged(given, [-0.9, 4.5])).toBeGreaterThan(5 * judged(alone, [4.5]));
  });

  test('a dimension is not judged before it has been seen for a while', () => {
    const pattern = createPattern(1, 0);
    const far = teach(
      pattern,
      Array.from({ length: 500 }, () => [random()]),
    );
    expect(far.slice(0, 400)).toEqual(Array.from({ length: 400 }, () => 0));
    expect(far.slice(400).every((one) => one > 0)).toBe(true);
  });

  test('forgets: what has not been for some windows is far again', () => {
    const pattern = createPattern(1, 0);
    const spread = (width: number): number[][] =>
      Array.from({ length: 4 * WINDOW }, () => [width * random()]);
    teach(pattern, spread(10));
    expect(judged(pattern, [8])).toBeLessThan(2);
    teach(pattern, spread(1));
    expect(judged(pattern, [8])).toBeGreaterThan(4);
  });
});

test('attribution divides the squared distance among the dimensions that have it', () => {
  const random = noise(2);
  const pattern = createPattern(4, 1);
  teach(
    pattern,
    Array.from({ length: 4000 }, () => {
      const load = random();
      return [load, load + random(), random(), 3 * random()];
    }),
  );
  const far = judged(pattern, [0.5, 0.5, -3, 3]);
  const blame = new Float64Array(3);
  attribute(pattern, work, blame);
  const [first, second, third] = blame as unknown as [number, number, number];
  expect(first + second + third).toBeCloseTo(3 * far * far, 0);
  // In deviations: 3 / 0.577 and 1 / 0.577.
  expect(second).toBeGreaterThan(20);
  expect(second / third).toBeGreaterThan(6);
  expect(first).toBeLessThan(1);
});

test('a grown pattern judges the first dimensions as before', () => {
  const random = noise(3);
  const samples = Array.from({ length: 2000 }, () => [random(), random()]);
  const small = createPattern(2, 0);
  teach(small, samples);
  const grown = createPattern(3, 0, small);
  expect(judged(grown, [2, -1, Number.NaN])).toBe(judged(small, [2, -1]));
  expect(judged(grown, [2, -1, 5])).toBe(judged(small, [2, -1]));
});

test('the rhythm has the same numbers every day, and in no other hour', () => {
  const at = (hours: number): number[] => {
    const into = new Float64Array(RHYTHM_SIZE);
    rhythm(hours * 3_600_000, into);
    return [...into];
  };
  for (const [index, value] of at(7 + 24).entries()) expect(value).toBeCloseTo(at(7)[index]!, 9);
  expect(at(0)).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
  for (let hour = 1; hour < 24; hour++) expect(at(hour)[1]).toBeLessThan(0.97);
});

describe('envelope', () => {
  const learned = (values: readonly number[], share = 0.001): Float64Array => {
    const ends = createEnvelopes(1);
    for (const value of values) widen(ends, 0, value, share);
    return ends;
  };

  test('holds the range, and draws together slowly', () => {
    expect(widthOf(learned([]), 0)).toBe(0);
    expect(widthOf(learned([3, 5, 1]), 0)).toBeCloseTo(4, 1);
    const calm = Array.from({ length: 3000 }, () => 2);
    expect(widthOf(learned([0, 10, ...calm]), 0)).toBeLessThan(1);
  });

  test('one absurd value widens it by some widths only', () => {
    expect(widthOf(learned([0, 1, 1e17]), 0)).toBeCloseTo(11, 1);
    expect(widthOf(learned([0, 1, -1e17]), 0)).toBeCloseTo(11, 1);
  });
});

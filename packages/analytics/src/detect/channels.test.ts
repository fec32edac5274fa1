import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beyondRun } from './frozen.ts';
import { explainReason } from './explain.ts';
import { relative, standardise, weight } from './moments.ts';
import { learnProfile, profileAt, PROFILE_SLOTS } from './profile.ts';
import { ageRangeRecord, beyondRange, startRangeRecord } from './range-record.ts';
import { expectNext, learnNext, REGRESSION_SIZE, startRegression } from './regression.ts';
import { ageSlotRecord, beyondSlot, SLOT_RECORD_SIZE, startSlotRecord } from './slot-record.ts';
import { logSpread } from './spread.ts';
import { halveTail, TAIL_BINS, TAIL_FULL, tailEvidence } from './tail.ts';
import { noise } from '../../test/detect/series.ts';

/** Each algorithm as a stream: values in, one statistic per value out. */
const streams: Record<string, () => (value: number, index: number) => number> = {
  'slot record': () => {
    const state = new Float32Array(SLOT_RECORD_SIZE);
    startSlotRecord(state, 0);
    return (value, index) => {
      if (index % 500 === 499) ageSlotRecord(state, 0);
      return beyondSlot(state, 0, index % 24, value, 0.5);
    };
  },
  'range record': () => {
    const state = new Float32Array(4);
    startRangeRecord(state, 0);
    return (value, index) => {
      if (index % 500 === 499) ageRangeRecord(state, 0);
      return beyondRange(state, 0, value, 1e-9);
    };
  },
  frozen: () => {
    const state = new Float32Array(2);
    let last = Number.NaN;
    return (value) => {
      const changed = value !== last;
      last = value;
      return beyondRun(state, 0, changed);
    };
  },
  spread: () => {
    const state = new Float32Array(2);
    return (value, index) => logSpread(state, 0, value, 1e-9, index + 1, 24);
  },
  standardise: () => {
    const state = new Float32Array(2);
    return (value, index) => standardise(state, 0, value, index + 1, 2000);
  },
  relative: () => {
    const state = new Float32Array(1);
    return (value, index) => relative(state, 0, value, 0.01, index + 1, 2000);
  },
  regression: () => {
    const state = new Float32Array(REGRESSION_SIZE);
    startRegression(state, 0);
    const terms = new Float64Array(5);
    return (value, index) => {
      const error = value - expectNext(state, 0, terms);
      learnNext(state, 0, terms, error, weight(index + 1, 2000));
      terms.set([value, value - (terms[0] as number), 0, 0, 1]);
      return error;
    };
  },
  profile: () => {
    const means = new Float32Array(PROFILE_SLOTS);
    const counts = new Uint16Array(PROFILE_SLOTS);
    return (value, index) => {
      const day = (index % 288) / 288;
      const off = value - profileAt(means, 0, counts, 0, day, 0);
      learnProfile(means, 0, counts, 0, day, value, 300_000);
      return off;
    };
  },
  tail: () => {
    const counts = new Uint16Array(TAIL_BINS);
    let total = 0;
    return (value) => {
      const evidence = tailEvidence(counts, 0, total++, Math.abs(value), 0.05);
      if (total === TAIL_FULL) total = halveTail(counts, 0);
      return evidence;
    };
  },
};

const values = fc.array(
  fc.oneof(fc.double({ min: -100, max: 100, noNaN: true }), fc.constantFrom(0, 5, 1e17, -1e17)),
  { minLength: 1, maxLength: 600 },
);

describe.each(Object.entries(streams))('%s', (_, start) => {
  const run = (input: readonly number[]): number[] => {
    const next = start();
    return input.map((value, index) => next(Math.fround(value), index));
  };

  test('is causal: a prefix gives the prefix', () => {
    fc.assert(
      fc.property(values, fc.nat(600), (input, cut) => {
        expect(run(input.slice(0, cut))).toEqual(run(input).slice(0, cut));
      }),
      { numRuns: 60 },
    );
  });

  test('never gives NaN', () => {
    fc.assert(
      fc.property(values, (input) => {
        expect(run(input).some(Number.isNaN)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

describe('slot record', () => {
  const start = (): Float32Array => {
    const state = new Float32Array(SLOT_RECORD_SIZE);
    startSlotRecord(state, 0);
    return state;
  };

  /** Two values in an hour, and the hour is over. */
  const visit = (state: Float32Array, slot: number, low: number, high: number): void => {
    beyondSlot(state, 0, slot, low, 1);
    beyondSlot(state, 0, slot, high, 1);
    beyondSlot(state, 0, (slot + 12) % 24, 0, 1);
  };

  test('counts the hours beside, not those further away, over midnight too', () => {
    const state = start();
    visit(state, 23, 0, 10);
    // Unit: half of the range 10, plus 1.
    expect(beyondSlot(state.slice(), 0, 0, 16, 1)).toBeCloseTo(1, 6);
    expect(beyondSlot(state.slice(), 0, 22, -6, 1)).toBeCloseTo(-1, 6);
    expect(beyondSlot(state.slice(), 0, 1, 16, 1)).toBe(0);
    expect(beyondSlot(state.slice(), 0, 23, 7, 1)).toBe(0);
  });

  test('the present hour does not count until it is over', () => {
    const state = start();
    visit(state, 5, 0, 10);
    expect(beyondSlot(state, 0, 5, 22, 1)).toBeCloseTo(2, 6);
    expect(beyondSlot(state, 0, 5, 22, 1)).toBeCloseTo(2, 6);
    beyondSlot(state, 0, 17, 0, 1);
    expect(beyondSlot(state, 0, 5, 22, 1)).toBe(0);
  });

  test('is forgotten after two generations, not after one', () => {
    const state = start();
    visit(state, 5, 0, 10);
    ageSlotRecord(state, 0);
    expect(beyondSlot(state.slice(), 0, 5, 9, 1)).toBe(0);
    visit(state, 5, 0, 1);
    ageSlotRecord(state, 0);
    visit(state, 5, 0, 1);
    expect(beyondSlot(state, 0, 5, 9, 1)).toBeGreaterThan(1);
  });
});

test('frozen speaks of runs that are far longer than ever, and not of a series that never changed', () => {
  const run = (values: string): number => {
    const state = new Float32Array(2);
    let last = values[0];
    let answer = 0;
    for (const value of values) {
      answer = beyondRun(state, 0, value !== last);
      last = value;
    }
    return answer;
  };
  expect(run('a'.repeat(500))).toBe(0);
  expect(run(`${'a'.repeat(20)}b${'a'.repeat(40)}`)).toBe(0);
  expect(run(`${'a'.repeat(20)}b${'a'.repeat(80)}`)).toBeGreaterThan(0.5);
  expect(run(`${'ab'.repeat(50)}${'b'.repeat(40)}`)).toBeGreaterThan(1);
});

describe('tail', () => {
  test('evidence is the logarithm of how rare a value is', () => {
    const counts = new Uint16Array(TAIL_BINS);
    const random = noise(3);
    let total = 0;
    for (; total < 9999; total++) tailEvidence(counts, 0, total, Math.abs(random()), 0.05);
    const evidence = (value: number): number => tailEvidence(counts.slice(), 0, total, value, 0.05);
    expect(evidence(0.5)).toBeCloseTo(Math.log10(2), 1);
    expect(evidence(0.9)).toBeCloseTo(1, 0);
    expect(evidence(0.04)).toBe(0);
    expect(evidence(50)).toBeGreaterThan(4);
    expect(evidence(500)).toBeGreaterThan(evidence(50));
  });

  test('a single large value is forgotten when the histogram is halved', () => {
    const counts = new Uint16Array(TAIL_BINS);
    tailEvidence(counts, 0, 0, 20, 0.05);
    for (let total = 1; total < TAIL_FULL; total++) tailEvidence(counts, 0, total, 0.1, 0.05);
    const before = tailEvidence(counts.slice(), 0, TAIL_FULL, 20, 0.05);
    const left = halveTail(counts, 0);
    expect(left).toBe(Math.floor((TAIL_FULL - 1) / 2));
    expect(tailEvidence(counts, 0, left, 20, 0.05)).toBeGreaterThan(before + 1);
  });
});

test('the regression learns a rhythm that its terms describe', () => {
  const state = new Float32Array(REGRESSION_SIZE);
  startRegression(state, 0);
  const terms = new Float64Array(5);
  let error = 1;
  const random = noise(5);
  for (let index = 1; index < 2000; index++) {
    terms.set([random(), random(), random(), random(), 1]);
    const value = 0.6 * (terms[0] as number) - 0.3 * (terms[2] as number) + 0.2;
    error = value - expectNext(state, 0, terms);
    learnNext(state, 0, terms, error, weight(index, 2000));
  }
  expect(Math.abs(error)).toBeLessThan(1e-3);
});

test.each([
  [
    {
      code: 'slot-record',
      direction: 'high',
      hour: 3,
      spanMs: 22 * 86_400_000,
      usual: 100,
      level: 140,
    },
    'highest level for this hour in 3 weeks, +40 % of the usual',
  ],
  [
    { code: 'slot-record', direction: 'low', hour: 3, spanMs: 86_400_000, usual: 0, level: -1 },
    'lowest level for this hour in 24 hours',
  ],
  [{ code: 'range-record', direction: 'low', spanMs: 3_600_000 }, 'lowest in 1 hour'],
  [{ code: 'spread', factor: 4.04 }, 'varies 4.04 times as much as usual'],
  [
    { code: 'slot-spread', hour: 3, spanMs: 3 * 86_400_000 },
    'moves more than at this hour in 3 days',
  ],
  [{ code: 'frozen', value: 40.0001 }, 'stuck at 40'],
  [
    { code: 'off-profile', direction: 'high', hour: 3, expected: 12.345 },
    'high for this hour, usually about 12.3',
  ],
  [{ code: 'jump', direction: 'low', expected: 40 }, 'unexpectedly low, expected about 40'],
] as const)('%j reads “%s”', (reason, sentence) => {
  expect(explainReason(reason)).toBe(sentence);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ALARM_SCORE,
  createDetector,
  explainReason,
  SnapshotError,
  type Detection,
  type Detector,
} from '../index.ts';
import { daily, noise, START_MS, type Row } from '../../test/detect/series.ts';

function run(rows: readonly Row[], detector: Detector = createDetector()): Detection[] {
  return rows.map(({ timeMs, value }) => detector.update(timeMs, value));
}

function alarmRows(detections: readonly Detection[]): number[] {
  return detections.flatMap(({ alarm }, row) => (alarm ? [row] : []));
}

/** Steps of time and values of every nasty kind, in runs, so that they get past the first points. */
const nastySeries: fc.Arbitrary<Row[]> = fc
  .array(
    fc.record({
      value: fc.oneof(
        fc.constantFrom(0, -0, 1, 1e308, -1e308, 5e-324, Number.NaN, Number.POSITIVE_INFINITY),
        fc.double({ noNaN: true, min: -100, max: 100 }),
        fc.double(),
      ),
      stepMs: fc.constantFrom(300_000, 300_000, 0, -600_000, 1, 86_400_000 * 40, Number.NaN),
      times: fc.integer({ min: 1, max: 120 }),
      wobble: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((runs) => {
    let timeMs = START_MS;
    const random = noise(7);
    return runs.flatMap(({ value, stepMs, times, wobble }) =>
      Array.from({ length: times }, () => {
        timeMs = Number.isNaN(timeMs + stepMs) ? timeMs : timeMs + stepMs;
        return {
          timeMs: Number.isNaN(stepMs) ? stepMs : timeMs,
          value: wobble ? value + random() : value,
        };
      }),
    );
  });

describe('what holds for every series', () => {
  test('scores are in [0, 1], alarms are scores of 0.5 and more, bands are never upside down', () => {
    fc.assert(
      fc.property(nastySeries, (rows) => {
        for (const { score, alarm, lower, upper } of run(rows)) {
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(alarm).toBe(score >= ALARM_SCORE);
          expect(lower > upper).toBe(false);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('scores of a prefix are the prefix of the scores', () => {
    fc.assert(
      fc.property(nastySeries, fc.double({ min: 0, max: 1, noNaN: true }), (rows, share) => {
        const cut = Math.floor(rows.length * share);
        expect(run(rows.slice(0, cut))).toEqual(run(rows).slice(0, cut));
      }),
      { numRuns: 80 },
    );
  });

  test('a restored snapshot continues identically, wherever it was taken', () => {
    fc.assert(
      fc.property(nastySeries, fc.double({ min: 0, max: 1, noNaN: true }), (rows, share) => {
        const cut = Math.floor(rows.length * share);
        const whole = createDetector();
        run(rows.slice(0, cut), whole);
        const copy = createDetector();
        // Amid other bytes, as it comes from a file.
        copy.restore(Buffer.concat([Buffer.alloc(3), whole.snapshot()]).subarray(3));
        expect(run(rows.slice(cut), copy)).toEqual(run(rows.slice(cut), whole));
        expect(copy.snapshot()).toEqual(whole.snapshot());
      }),
      { numRuns: 80 },
    );
  });

  test('interleaved series do not touch each other', () => {
    const one = daily(900, 1);
    const other = daily(900, 2).map(({ timeMs, value }) => ({ timeMs, value: value * 1e6 }));
    const [a, b] = [createDetector(), createDetector()];
    const mixed = one.map((row, index) => {
      const own = a.update(row.timeMs, row.value);
      b.update((other[index] as Row).timeMs, (other[index] as Row).value);
      return own;
    });
    expect(mixed).toEqual(run(one));
  });

  test('nothing that is not finite is learned', () => {
    const rows = daily(700);
    const withHoles = rows.flatMap((row) => [
      row,
      { timeMs: row.timeMs, value: Number.NaN },
      { timeMs: row.timeMs, value: Number.NEGATIVE_INFINITY },
      { timeMs: Number.NaN, value: row.value },
    ]);
    const answers = run(withHoles);
    expect(answers.filter((_, index) => index % 4 === 0)).toEqual(run(rows));
    expect(answers[1]).toMatchObject({ score: 0, alarm: false, reason: undefined });
  });
});

describe('series without incident stay silent', () => {
  test.each([
    ['zeros', () => 0],
    ['a constant', () => 42.5],
    ['a huge constant', () => 1e308],
    ['a square wave', (index: number) => (index % 288 < 100 ? 20 : 80)],
    ['a counter', (index: number) => index * 1000],
  ])('%s', (_, valueAt) => {
    const rows = Array.from({ length: 6000 }, (__, index) => ({
      timeMs: START_MS + index * 300_000,
      value: valueAt(index),
    }));
    expect(alarmRows(run(rows)).filter((row) => row > 600)).toEqual([]);
  });

  test('white noise: at most two alarms a week', () => {
    for (const seed of [1, 2, 3]) {
      const random = noise(seed);
      const rows = Array.from({ length: 8064 }, (_, index) => ({
        timeMs: START_MS + index * 300_000,
        value: random() + random() + random(),
      }));
      expect(alarmRows(run(rows)).length).toBeLessThanOrEqual(8);
    }
  });

  test('duplicates and time running backwards do not alarm by themselves', () => {
    const rows = daily(4000).map((row, index) =>
      index % 50 === 49 ? { ...row, timeMs: row.timeMs - 3_600_000 } : row,
    );
    expect(alarmRows(run(rows)).length).toBeLessThanOrEqual(3);
  });
});

describe('incidents', () => {
  const AT = 3200;
  const calm = daily(3600);
  const quietAlarms = alarmRows(run(calm)).filter((row) => row >= AT - 50);

  function withIncident(
    change: (value: number, since: number) => number,
    length: number,
  ): Detection[] {
    return run(
      calm.map((row, index) =>
        index >= AT && index < AT + length ? { ...row, value: change(row.value, index - AT) } : row,
      ),
    );
  }

  test('the series without incident has no alarm there', () => {
    expect(quietAlarms).toEqual([]);
  });

  test.each([
    ['a spike', (value: number) => value + 60, 2],
    ['a drop to zero', () => 0, 3],
    ['a level shift', (value: number) => value + 60, 200],
    [
      'a burst of noise',
      (value: number, since: number) => value + (since % 2 === 0 ? 25 : -25),
      60,
    ],
  ])('%s is one alarm, at once, with a reason', (_, change, length) => {
    const detections = withIncident(change, length);
    const alarms = alarmRows(detections).filter((row) => row >= AT - 50 && row < AT + 100);
    expect(alarms.length).toBeGreaterThanOrEqual(1);
    expect(alarms.length).toBeLessThanOrEqual(2);
    expect(alarms[0]).toBeGreaterThanOrEqual(AT);
    expect(alarms[0]).toBeLessThanOrEqual(AT + 6);
    const { reason, lower, upper } = detections[alarms[0] as number] as Detection;
    expect(reason).toBeDefined();
    expect(explainReason(reason as NonNullable<typeof reason>)).toMatch(/\w{4}/);
    expect(upper).toBeGreaterThan(lower);
  });

  test('values that stop moving are noticed, with the reason', () => {
    const random = noise(11);
    const lively = Array.from({ length: 3600 }, (_, index) => ({
      timeMs: START_MS + index * 300_000,
      value: index < AT ? 40 + 8 * random() : 40,
    }));
    const detections = run(lively);
    const [first = -1] = alarmRows(detections).filter((row) => row >= AT - 50);
    expect(first).toBeGreaterThan(AT);
    expect(first).toBeLessThan(AT + 100);
    expect(detections[first]?.reason).toMatchObject({
      code: 'frozen',
      value: expect.closeTo(40, 4),
    });
  });

  test('the band holds nearly all of a calm series', () => {
    const inside = run(calm)
      .slice(600)
      .filter(({ lower, upper }, index) => {
        const { value } = calm[index + 600] as Row;
        return lower <= value && value <= upper;
      });
    expect(inside.length / (calm.length - 600)).toBeGreaterThan(0.99);
  });

  test('“this is normal” raises the bar and widens the band, and can be taken back', () => {
    const before = createDetector();
    run(calm.slice(0, AT), before);
    const judged = (accept: (detector: Detector) => void): Detection => {
      const copy = createDetector();
      copy.restore(before.snapshot());
      accept(copy);
      const { timeMs, value } = calm[AT] as Row;
      return copy.update(timeMs, value + 15);
    };
    const plain = judged(() => undefined);
    const accepted = judged((detector) => void detector.acceptNormal());
    const undone = judged((detector) => detector.undo(detector.acceptNormal()));
    expect(accepted.score).toBeLessThan(plain.score);
    expect(accepted.upper - accepted.lower).toBeGreaterThan(plain.upper - plain.lower);
    expect(undone).toEqual(plain);
    // There is an end to it, and undoing more than was accepted changes nothing.
    const most = judged((detector) => {
      for (let times = 0; times < 100; times++) detector.acceptNormal();
    });
    expect(most.upper - most.lower).toBeLessThan(7 * (plain.upper - plain.lower));
    expect(most.score).toBeGreaterThan(0);
  });
});

describe('snapshots', () => {
  test('at most 2,048 bytes, of constant size, with a version', () => {
    const detector = createDetector();
    const size = detector.snapshot().byteLength;
    expect(size).toBeLessThanOrEqual(2048);
    run(daily(30_000), detector);
    expect(detector.snapshot().byteLength).toBe(size);
  });

  test('another length or version is refused and changes nothing', () => {
    const detector = createDetector();
    run(daily(500), detector);
    const good = detector.snapshot();
    expect(() => detector.restore(good.slice(1))).toThrow(SnapshotError);
    const other = good.slice();
    new DataView(other.buffer).setFloat64(0, 99, true);
    expect(() => detector.restore(other)).toThrow(/version 1.*99/);
    expect(detector.snapshot()).toEqual(good);
  });

  test('a later change of the series does not change a snapshot taken', () => {
    const detector = createDetector();
    run(daily(500), detector);
    const taken = detector.snapshot();
    const copy = taken.slice();
    detector.update(START_MS + 1e9, 1);
    expect(taken).toEqual(copy);
  });
});

test('the hour of the day follows the offset', () => {
  const rows = daily(2000);
  const shifted = rows.map(({ timeMs, value }) => ({ timeMs: timeMs - 9 * 3_600_000, value }));
  const there = createDetector({ utcOffsetMs: 9 * 3_600_000 });
  expect(run(shifted, there).map(({ score }) => score)).toEqual(
    run(rows).map(({ score }) => score),
  );
});

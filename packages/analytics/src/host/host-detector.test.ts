import { MINUTE_MS } from '@openmanager/protocol/durations';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ALARM_SCORE,
  createHostDetector,
  explainHostReason,
  SnapshotError,
  type HostDetection,
  type HostDetector,
} from '../index.ts';
import { noise, START_MS } from '../../test/detect/series.ts';

interface Sample {
  readonly timeMs: number;
  readonly values: readonly number[];
}

function run(samples: readonly Sample[], detector: HostDetector = createHostDetector()) {
  return samples.map(({ timeMs, values }) => detector.push(timeMs, values));
}

function alarmRows(detections: readonly HostDetection[]): number[] {
  return detections.flatMap(({ alarm }, row) => (alarm ? [row] : []));
}

/** Metrics that follow a common load with a daily rhythm, each in its own unit, with noise of their own. */
function host(samples: number, metrics: number, seed = 1): Sample[] {
  const random = noise(seed);
  return Array.from({ length: samples }, (_, row) => {
    const load = 50 + 20 * Math.sin((2 * Math.PI * row) / 288) + 6 * random();
    return {
      timeMs: START_MS + row * 5 * MINUTE_MS,
      values: Array.from(
        { length: metrics },
        (__, metric) => 10 ** (metric % 5) * (load * (1 + (metric % 3)) + 4 * random()),
      ),
    };
  });
}

/** Runs of samples of every nasty kind, with metrics that appear, vanish and are missing. */
const nastyHost: fc.Arbitrary<Sample[]> = fc
  .array(
    fc.record({
      value: fc.oneof(
        fc.constantFrom(0, -0, 1, 1e308, -1e308, 5e-324, Number.NaN, Number.NEGATIVE_INFINITY),
        fc.double({ noNaN: true, min: -100, max: 100 }),
        fc.double(),
      ),
      metrics: fc.constantFrom(0, 1, 2, 3, 3, 3, 50),
      missing: fc.constantFrom(-1, -1, 0, 1),
      stepMs: fc.constantFrom(300_000, 300_000, 0, -600_000, 1, 86_400_000 * 40, Number.NaN),
      times: fc.integer({ min: 1, max: 220 }),
      wobble: fc.boolean(),
    }),
    { minLength: 1, maxLength: 9 },
  )
  .map((runs) => {
    let timeMs = START_MS;
    const random = noise(7);
    return runs.flatMap(({ value, metrics, missing, stepMs, times, wobble }) =>
      Array.from({ length: times }, () => {
        timeMs = Number.isNaN(stepMs) ? timeMs : timeMs + stepMs;
        return {
          timeMs: Number.isNaN(stepMs) ? stepMs : timeMs,
          values: Array.from({ length: metrics }, (_, metric) =>
            metric === missing ? Number.NaN : wobble ? value + random() : value,
          ),
        };
      }),
    );
  });

describe('what holds for every host', () => {
  test('scores are in [0, 1], alarms are scores of 0.5 and more, shares are shares', () => {
    fc.assert(
      fc.property(nastyHost, (samples) => {
        for (const { score, alarm, contributors } of run(samples)) {
          expect(score >= 0 && score <= 1).toBe(true);
          expect(alarm).toBe(score >= ALARM_SCORE);
          let sum = 0;
          for (const { share } of contributors) sum += share;
          expect(sum).toBeLessThanOrEqual(1 + 1e-9);
          expect(contributors.every(({ share }) => share > 0)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('scores of a prefix are the prefix of the scores', () => {
    fc.assert(
      fc.property(nastyHost, fc.double({ min: 0, max: 1, noNaN: true }), (samples, share) => {
        const cut = Math.floor(samples.length * share);
        expect(run(samples.slice(0, cut))).toEqual(run(samples).slice(0, cut));
      }),
      { numRuns: 30 },
    );
  });

  test('a restored snapshot continues identically, wherever it was taken', () => {
    fc.assert(
      fc.property(nastyHost, fc.double({ min: 0, max: 1, noNaN: true }), (samples, share) => {
        const cut = Math.floor(samples.length * share);
        const whole = createHostDetector();
        run(samples.slice(0, cut), whole);
        const copy = createHostDetector();
        copy.restore(whole.snapshot());
        expect(run(samples.slice(cut), copy)).toEqual(run(samples.slice(cut), whole));
        expect(copy.snapshot()).toEqual(whole.snapshot());
      }),
      { numRuns: 30 },
    );
  });

  test('one absurd value makes the host deaf neither to this metric for good nor to the others', () => {
    const samples = host(3600, 6).map(({ timeMs, values }, row) => ({
      timeMs,
      values: row === 1200 ? values.with(0, 1e308) : row < 3200 ? values : values.with(3, 0),
    }));
    const alarms = alarmRows(run(samples));
    expect(alarms).toContain(1200);
    expect(alarms.some((row) => row >= 3200 && row < 3230)).toBe(true);
  });
});

describe('hosts without incident', () => {
  test.each([
    ['zeros', () => 0],
    ['constants', (metric: number) => 42.5 * metric],
    ['huge constants', () => 1e308],
    ['square waves', (metric: number, row: number) => (row % 288 < 100 ? metric : 80)],
    ['counters', (metric: number, row: number) => row * 1000 * (metric + 1)],
  ])('%s are silent after eight days', (_, valueAt) => {
    const samples = Array.from({ length: 4000 }, (__, row) => ({
      timeMs: START_MS + row * 5 * MINUTE_MS,
      values: Array.from({ length: 6 }, (___, metric) => valueAt(metric, row)),
    }));
    expect(alarmRows(run(samples)).filter((row) => row > 2304)).toEqual([]);
  });

  test('a host with a common rhythm: at most an alarm a week', () => {
    for (const seed of [1, 2, 3])
      expect(alarmRows(run(host(8064, 20, seed))).length).toBeLessThanOrEqual(4);
  });

  test('duplicates, gaps and time running backwards do not alarm by themselves', () => {
    const samples = host(4000, 12).flatMap((sample, row) => {
      if (row % 50 === 49) return [{ ...sample, timeMs: sample.timeMs - 3_600_000 }];
      if (row % 70 === 69) return [sample, sample];
      return row % 400 < 30 && row > 400 ? [] : [sample];
    });
    expect(alarmRows(run(samples)).length).toBeLessThanOrEqual(3);
  });

  test('a metric that appears or vanishes is no incident', () => {
    const samples = host(4000, 10).map(({ timeMs, values }, row) => ({
      timeMs,
      values: row < 1500 ? values.slice(0, 7) : row < 3000 ? values : values.slice(0, 5),
    }));
    const detections = run(samples);
    expect(alarmRows(detections).filter((row) => row > 1400).length).toBeLessThanOrEqual(1);
    const broken = host(4000, 10).map(({ timeMs, values }, row) => ({
      timeMs,
      values: values.map((value, metric) => (metric === 9 && row >= 3000 ? 3 * value : value)),
    }));
    const late = broken.map(({ timeMs, values }, row) => ({
      timeMs,
      values: row < 1500 ? values.slice(0, 7) : values,
    }));
    const [first] = alarmRows(run(late)).filter((row) => row >= 3000);
    expect(first).toBeLessThan(3010);
  });
});

describe('incidents', () => {
  const AT = 3200;
  const calm = host(3600, 12);

  function withIncident(
    change: (values: readonly number[], since: number) => readonly number[],
    length: number,
  ): HostDetection[] {
    return run(
      calm.map((sample, row) =>
        row >= AT && row < AT + length
          ? { ...sample, values: change(sample.values, row - AT) }
          : sample,
      ),
    );
  }

  test('without incident there is no alarm', () => {
    expect(alarmRows(run(calm)).filter((row) => row >= AT - 100)).toEqual([]);
  });

  test.each([
    [
      'one metric leaves the others, within its own range',
      /pattern|movement/,
      4,
      (values: readonly number[]) => values.with(4, 10_000 * 2 * 50),
    ],
    ['one metric jumps', /movement/, 7, (values: readonly number[]) => values.with(7, 1e6)],
    [
      'one metric is stuck at zero',
      /pattern|movement/,
      2,
      (values: readonly number[]) => values.with(2, 0),
    ],
  ] as const)('%s: one alarm, soon, with reason and metric', (_, code, metric, change) => {
    const detections = withIncident(change, 60);
    const alarms = alarmRows(detections).filter((row) => row >= AT - 50 && row < AT + 90);
    expect(alarms).toHaveLength(1);
    const [alarm = -1] = alarms;
    expect(alarm).toBeGreaterThanOrEqual(AT);
    expect(alarm).toBeLessThanOrEqual(AT + 30);
    const { reason, contributors, ongoing } = detections[alarm] as HostDetection;
    expect(ongoing).toBe(true);
    expect(contributors[0]).toMatchObject({ index: metric });
    expect(contributors[0]?.share).toBeGreaterThan(0.3);
    expect(reason).toMatchObject({ code: expect.stringMatching(code) });
    expect(explainHostReason(reason as NonNullable<typeof reason>)).toMatch(/times as far/);
    expect(detections.slice(alarm + 1, alarm + 20).every(({ score }) => score < 0.5)).toBe(true);
    expect(detections[AT + 200]).toMatchObject({ ongoing: false });
  });

  test('an alarm in any of several groups is the alarm of the host', () => {
    const wide = host(3300, 120);
    const detections = run(
      wide.map((sample, row) =>
        row >= AT ? { ...sample, values: sample.values.with(110, 0) } : sample,
      ),
    );
    const [alarm = -1] = alarmRows(detections).filter((row) => row >= AT - 100);
    expect(alarm).toBeGreaterThanOrEqual(AT);
    expect(alarm).toBeLessThanOrEqual(AT + 30);
    expect(detections[alarm]?.contributors[0]).toMatchObject({ index: 110 });
  });

  test('a change that stays is learned, even after a long time without: few alarms, then silence', () => {
    const random = noise(4);
    const changed = host(34_000, 12).map(({ timeMs, values }, row) => ({
      timeMs,
      values:
        row < 24_000
          ? values
          : values.map(
              (_, metric) => 10 ** (metric % 5) * (50 + 30 * random()) * (1 + (metric % 3)),
            ),
    }));
    const alarms = alarmRows(run(changed)).filter((row) => row >= 24_000);
    expect(alarms[0]).toBeLessThan(24_010);
    expect(alarms.length).toBeLessThanOrEqual(3);
    expect(alarms.every((row) => row < 28_000)).toBe(true);
  });

  test('the time of the day follows the offset', () => {
    const shifted = calm
      .slice(0, 1500)
      .map(({ timeMs, values }) => ({ timeMs: timeMs - 9 * 60 * MINUTE_MS, values }));
    const there = createHostDetector({ utcOffsetMs: 9 * 60 * MINUTE_MS });
    expect(run(shifted, there)).toEqual(run(calm.slice(0, 1500)));
  });
});

describe('bounds and snapshots', () => {
  test('values beyond the most metrics are not judged, and counted', () => {
    const one = createHostDetector({ maxMetrics: 3 });
    const other = createHostDetector();
    for (const { timeMs, values } of host(700, 5))
      expect(one.push(timeMs, values)).toEqual(other.push(timeMs, values.slice(0, 3)));
    expect(one.ignoredMetrics).toBe(2);
    expect(other.ignoredMetrics).toBe(0);
    expect(one.snapshot()).toEqual(other.snapshot());
  });

  test('a snapshot stays as large as the metrics make it', () => {
    const detector = createHostDetector();
    run(host(1, 200), detector);
    const size = detector.snapshot().byteLength;
    expect(size / 200).toBeLessThan(700);
    run(host(3000, 200), detector);
    expect(detector.snapshot().byteLength).toBe(size);
  });

  test('another length, version or number of metrics is refused and changes nothing', () => {
    const detector = createHostDetector();
    run(host(500, 4), detector);
    const good = detector.snapshot();
    expect(() => detector.restore(good.slice(8))).toThrow(SnapshotError);
    expect(() => detector.restore(new Uint8Array(3))).toThrow(SnapshotError);
    const changed = (place: number, value: number): Uint8Array => {
      const other = good.slice();
      new DataView(other.buffer).setFloat64(8 * place, value, true);
      return other;
    };
    expect(() => detector.restore(changed(0, 99))).toThrow(/version 1.*99/);
    for (const metrics of [5, -1, 1e9, 2.5, Number.NaN])
      expect(() => detector.restore(changed(1, metrics))).toThrow(SnapshotError);
    expect(detector.snapshot()).toEqual(good);
  });
});

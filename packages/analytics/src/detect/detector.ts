import { DAY_MS, HOUR_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import {
  ALARM_SCORE,
  detectorDefaults,
  SnapshotError,
  type Detection,
  type Detector,
  type DetectorOptions,
  type Widening,
} from './detection.ts';
import {
  caution,
  HOLD_SHARE,
  minStatistic,
  loudest,
  records,
  recordsFactor,
  sumOf,
  surprise,
  surpriseFactor,
} from './families.ts';
import { allocate, AT, CHANNELS, COUNT, HEAD, STATE_BYTES, type State } from './layout.ts';
import { ageRangeRecord, startRangeRecord } from './range-record.ts';
import { reasonFor } from './reason.ts';
import { startRegression } from './regression.ts';
import { ageSlotRecord, startSlotRecord } from './slot-record.ts';
import { measure, type Point } from './statistics.ts';
import { halveTail, TAIL_BINS, TAIL_FULL, tailEvidence } from './tail.ts';

const VERSION = 1;
/** Records are forgotten after one to two of these. */
const GENERATION_MS = 28 * DAY_MS;
/** No alarm before: a series this young is not known at all. */
const PROBATION_POINTS = 200;
/** Values are kept relative to the first, as float32: beyond this they would overflow when squared. */
const LARGEST = 1e17;
/**
 * Hold-off: after an alarm its family stays quiet for this many points, within these bounds, so that one incident gives
 * one alarm.
 */
const quiet = {
  records: { points: 120, atLeastMs: HOUR_MS, atMostMs: DAY_MS },
  surprise: { points: 20, atLeastMs: 10 * MINUTE_MS, atMostMs: DAY_MS },
} as const;
/** Half width of the expected band in usual errors. */
const BAND_ERRORS = 5;
/** "This is normal": each acceptance raises the thresholds and widens the band by these shares, up to the most. */
const ACCEPT_EVIDENCE = 0.2;
const ACCEPT_BAND = 0.5;
const ACCEPT_MOST = 10;
/** A reason is given from this score on. */
const REASON_SCORE = 0.25;

const unknown: Detection = {
  score: 0,
  alarm: false,
  lower: Number.NaN,
  upper: Number.NaN,
  reason: undefined,
};

const slotRecords = [AT.slotSpread, AT.slotMean] as const;
const raw = new Float64Array(CHANNELS);
const point: Point = {
  x: 0,
  seen: 0,
  day: 0,
  intervalMs: 0,
  expected: 0,
  error: 0,
  profile: 0,
};

/** A detector for one series: time and memory per point are constant, and only what came before a point judges it. */
export function createDetector(options: DetectorOptions = {}): Detector {
  return new SeriesDetector(options.utcOffsetMs ?? detectorDefaults.utcOffsetMs);
}

/** A class, because its methods are shared: closures would cost each series half a kilobyte. */
class SeriesDetector implements Detector {
  readonly #state: State = allocate();
  readonly #utcOffsetMs: number;

  constructor(utcOffsetMs: number) {
    this.#utcOffsetMs = utcOffsetMs;
    const { head, f } = this.#state;
    head[HEAD.version] = VERSION;
    startRegression(f, AT.regression);
    startRangeRecord(f, AT.range);
    for (const record of slotRecords) startSlotRecord(f, record);
  }

  update(timeMs: number, value: number): Detection {
    if (!Number.isFinite(value) || !Number.isFinite(timeMs)) return unknown;
    const state = this.#state;
    const { head, f } = state;
    const time = takeTime(state, timeMs, value);
    const seen = head[HEAD.points]! + 1;
    const origin = head[HEAD.origin]!;
    const sinceMidnight = (((time + this.#utcOffsetMs) % DAY_MS) + DAY_MS) % DAY_MS;
    point.x = Math.fround(Math.max(-LARGEST, Math.min(LARGEST, value - origin)));
    point.seen = seen;
    point.day = sinceMidnight / DAY_MS;
    point.intervalMs = head[HEAD.intervalMs]!;
    age(state, time);
    measure(state, point, raw);
    head[HEAD.points] = seen;
    weigh(state);

    const accepted = head[HEAD.accepted]!;
    const care = caution(seen) * (1 + ACCEPT_EVIDENCE * accepted);
    const { intervalMs } = point;
    const ofRecords =
      sumOf(f, AT.held, records) / (records.threshold * care * recordsFactor(intervalMs));
    const ofSurprise =
      sumOf(f, AT.held, surprise) / (surprise.threshold * care * surpriseFactor(intervalMs));
    const score = seen < PROBATION_POINTS ? 0 : judge(state, time, ofRecords, ofSurprise);
    const half = BAND_ERRORS * point.error * (1 + ACCEPT_BAND * accepted);
    const known = seen > 2;
    const heard = ofRecords >= ofSurprise ? records : surprise;
    return {
      score,
      alarm: score >= ALARM_SCORE,
      lower: known ? origin + point.expected - half : Number.NaN,
      upper: known ? origin + point.expected + half : Number.NaN,
      reason:
        score < REASON_SCORE ? undefined : reasonFor(loudest(f, AT.held, heard), state, point),
    };
  }

  acceptNormal(): Widening {
    const { head } = this.#state;
    const before = head[HEAD.accepted]!;
    const after = Math.min(ACCEPT_MOST, before + 1);
    head[HEAD.accepted] = after;
    return { before, after };
  }

  undo({ before, after }: Widening): void {
    const { head } = this.#state;
    head[HEAD.accepted] = Math.max(0, head[HEAD.accepted]! - (after - before));
  }

  snapshot(): Uint8Array {
    return new Uint8Array(this.#state.buffer.slice(0));
  }

  restore(snapshot: Uint8Array): void {
    if (snapshot.byteLength !== STATE_BYTES)
      throw new SnapshotError(
        `A snapshot has ${STATE_BYTES} bytes, this one has ${snapshot.byteLength}.`,
      );
    // A copy: a Buffer is a view of memory that it shares with others.
    const [version] = new Float64Array(Uint8Array.from(snapshot.subarray(0, 8)).buffer);
    if (version !== VERSION)
      throw new SnapshotError(`A snapshot of version ${VERSION} is needed, not ${version}.`);
    new Uint8Array(this.#state.buffer).set(snapshot);
  }
}

/** Time never runs backwards inside; the interval is a running median of the steps. */
function takeTime({ head }: State, timeMs: number, value: number): number {
  if (head[HEAD.points] === 0) {
    head[HEAD.firstMs] = head[HEAD.lastMs] = head[HEAD.bornMs] = timeMs;
    head[HEAD.origin] = Math.max(-Number.MAX_VALUE / 2, Math.min(Number.MAX_VALUE / 2, value));
    return timeMs;
  }
  const time = Math.max(timeMs, head[HEAD.lastMs]!);
  const step = time - head[HEAD.lastMs]!;
  const interval = head[HEAD.intervalMs]!;
  if (interval === 0) head[HEAD.intervalMs] = step;
  else if (step > 0) head[HEAD.intervalMs] = step > interval ? interval * 1.02 : interval / 1.02;
  head[HEAD.lastMs] = time;
  return time;
}

function age({ head, f }: State, time: number): void {
  if (time - head[HEAD.bornMs]! <= GENERATION_MS) return;
  head[HEAD.bornMs] = time;
  ageRangeRecord(f, AT.range);
  for (const record of slotRecords) ageSlotRecord(f, record);
}

/** Turns statistics into evidence, held over the next points. */
function weigh({ f, n }: State): void {
  const total = n[COUNT.tailTotal]!;
  for (let channel = 0; channel < CHANNELS; channel++) {
    const at = COUNT.tails + channel * TAIL_BINS;
    const evidence = tailEvidence(n, at, total, raw[channel]!, minStatistic[channel]!);
    const kept = f[AT.held + channel]! * HOLD_SHARE;
    f[AT.held + channel] = evidence > kept ? evidence : kept;
  }
  if (total + 1 < TAIL_FULL) {
    n[COUNT.tailTotal] = total + 1;
    return;
  }
  let left = 0;
  for (let channel = 0; channel < CHANNELS; channel++)
    left = halveTail(n, COUNT.tails + channel * TAIL_BINS);
  n[COUNT.tailTotal] = left;
}

/** The score, and the quiet after an alarm. */
function judge({ head }: State, time: number, ofRecords: number, ofSurprise: number): number {
  const recordsQuiet = time <= head[HEAD.recordsQuietUntilMs]!;
  const surpriseQuiet = time <= head[HEAD.surpriseQuietUntilMs]!;
  const speaking = Math.max(recordsQuiet ? 0 : ofRecords, surpriseQuiet ? 0 : ofSurprise);
  if (speaking >= 1) {
    const interval = head[HEAD.intervalMs]!;
    head[HEAD.recordsQuietUntilMs] = time + quietMs(quiet.records, interval);
    head[HEAD.surpriseQuietUntilMs] = time + quietMs(quiet.surprise, interval);
    return speaking / (1 + speaking);
  }
  const loudestOf = Math.max(ofRecords, ofSurprise);
  const score = loudestOf / (1 + loudestOf);
  return loudestOf >= 1 ? Math.min(score, 1) * 0.49 : score;
}

interface Quiet {
  readonly points: number;
  readonly atLeastMs: number;
  readonly atMostMs: number;
}

function quietMs({ points, atLeastMs, atMostMs }: Quiet, intervalMs: number): number {
  return Math.min(atMostMs, Math.max(atLeastMs, points * intervalMs));
}

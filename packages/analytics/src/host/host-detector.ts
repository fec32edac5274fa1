import { DAY_MS } from '@openmanager/protocol/durations';
import { ALARM_SCORE, SnapshotError } from '../detect/detection.ts';
import { arraysOf, createGroup, GROUP_METRICS, judgeGroup, OF, type Group } from './group.ts';
import {
  hostDetectorDefaults,
  MAX_CONTRIBUTORS,
  type Contributor,
  type HostDetection,
  type HostDetector,
  type HostDetectorOptions,
  type HostReason,
} from './host-detection.ts';
import { alarmAt, INCIDENT, INCIDENT_SIZE } from './incident.ts';
import { rhythm, RHYTHM_SIZE } from './rhythm.ts';

const VERSION = 1;
/** Deviations of a group's distance beyond the usual that are an alarm. */
const THRESHOLD = 3;
/** What was before this counts little: four weeks, at least this many samples; less while an incident lasts long. */
const WINDOW_MS = 28 * DAY_MS;
const MIN_WINDOW = 40_000;
const LASTING_SHARE = 1 / 20;
/** An incident that still goes on alarms again after a day, at least this many samples. */
const MIN_LONGEST = 1440;
/** A step longer than this many usual ones is a gap. */
const GAP = 3;
/** Reason and contributors are given from this score on. */
const REASON_SCORE = 0.25;
/** A metric with a smaller share is not named. */
const MIN_SHARE = 0.05;

const HEAD = { version: 0, metrics: 1, samples: 2, lastMs: 3, intervalMs: 4, incident: 5 } as const;
const HEAD_SIZE: number = HEAD.incident + INCIDENT_SIZE;

const unknown: HostDetection = {
  score: 0,
  alarm: false,
  ongoing: false,
  contributors: [],
  reason: undefined,
};

const moment = { rhythm: new Float64Array(RHYTHM_SIZE), connected: false, window: MIN_WINDOW };

/** A detector for all metrics of a host; time and memory per sample depend on the number of metrics only. */
export function createHostDetector(options: HostDetectorOptions = {}): HostDetector {
  return new MetricsDetector({ ...hostDetectorDefaults, ...options });
}

class MetricsDetector implements HostDetector {
  readonly #utcOffsetMs: number;
  readonly #maxMetrics: number;
  readonly #head = new Float64Array(HEAD_SIZE);
  readonly #incident = this.#head.subarray(HEAD.incident);
  #groups: Group[] = [];
  #ignored = 0;

  constructor({ utcOffsetMs, maxMetrics }: Required<HostDetectorOptions>) {
    this.#utcOffsetMs = utcOffsetMs;
    this.#maxMetrics = maxMetrics;
    this.#head[HEAD.version] = VERSION;
  }

  get ignoredMetrics(): number {
    return this.#ignored;
  }

  push(timeMs: number, values: ArrayLike<number>): HostDetection {
    if (!Number.isFinite(timeMs)) return unknown;
    this.#ignored = Math.max(this.#ignored, values.length - this.#maxMetrics);
    if (values.length > this.#head[HEAD.metrics]!) this.#grow(values.length);
    this.#take(timeMs);
    let strength = 0;
    let heard: Group | undefined;
    for (const [index, group] of this.#groups.entries()) {
      const own = judgeGroup(group, values, index * GROUP_METRICS, moment) / THRESHOLD;
      if (own <= strength) continue;
      strength = own;
      heard = group;
    }
    const longest = Math.max(MIN_LONGEST, DAY_MS / Math.max(1, this.#head[HEAD.intervalMs]!));
    const alarm = alarmAt(this.#incident, strength, longest);
    const score = scoreOf(strength, alarm);
    const loud = heard !== undefined && score >= REASON_SCORE;
    return {
      score,
      alarm: score >= ALARM_SCORE,
      ongoing: this.#incident[INCIDENT.left]! > 0,
      contributors: loud ? contributorsOf(this.#groups) : [],
      reason: loud ? reasonOf(heard as Group) : undefined,
    };
  }

  /** Metrics that were not there before get their place in the last group, and in new ones. */
  #grow(values: number): void {
    const metrics = Math.min(values, this.#maxMetrics);
    if (metrics <= this.#head[HEAD.metrics]!) return;
    this.#head[HEAD.metrics] = metrics;
    this.#groups = Array.from({ length: Math.ceil(metrics / GROUP_METRICS) }, (_, index) => {
      const size = Math.min(GROUP_METRICS, metrics - index * GROUP_METRICS);
      const old = this.#groups[index];
      return old?.size === size ? old : createGroup(size, old);
    });
  }

  /** Time never runs backwards inside; the interval is a running median of the steps. */
  #take(timeMs: number): void {
    const head = this.#head;
    const first = head[HEAD.samples] === 0;
    const time = first ? timeMs : Math.max(timeMs, head[HEAD.lastMs]!);
    const step = first ? 0 : time - head[HEAD.lastMs]!;
    const interval = head[HEAD.intervalMs]!;
    moment.connected = interval === 0 || step <= GAP * interval;
    if (interval === 0) head[HEAD.intervalMs] = step;
    else if (step > 0) head[HEAD.intervalMs] = step > interval ? interval * 1.02 : interval / 1.02;
    head[HEAD.lastMs] = time;
    head[HEAD.samples] = head[HEAD.samples]! + 1;
    const window = Math.max(MIN_WINDOW, WINDOW_MS / Math.max(1, head[HEAD.intervalMs]!));
    moment.window = this.#incident[INCIDENT.lasting] === 1 ? window * LASTING_SHARE : window;
    rhythm(time + this.#utcOffsetMs, moment.rhythm);
  }

  snapshot(): Uint8Array {
    const parts = [this.#head, ...this.#groups.flatMap(arraysOf)].map(bytesOf);
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.byteLength;
    }
    return bytes;
  }

  restore(snapshot: Uint8Array): void {
    if (snapshot.byteLength < HEAD_SIZE * 8) throw new SnapshotError('The snapshot is too short.');
    // A copy: a Buffer is a view of memory that it shares with others.
    const head = new Float64Array(Uint8Array.from(snapshot.subarray(0, HEAD_SIZE * 8)).buffer);
    const [version, metrics] = head as unknown as [number, number];
    if (version !== VERSION)
      throw new SnapshotError(`A snapshot of version ${VERSION} is needed, not ${version}.`);
    if (!Number.isInteger(metrics) || metrics < 0 || metrics > this.#maxMetrics)
      throw new SnapshotError(`A snapshot of ${metrics} metrics, more than ${this.#maxMetrics}.`);
    const groups = Array.from({ length: Math.ceil(metrics / GROUP_METRICS) }, (_, index) =>
      createGroup(Math.min(GROUP_METRICS, metrics - index * GROUP_METRICS)),
    );
    const parts = groups.flatMap(arraysOf).map(bytesOf);
    const expected = parts.reduce((sum, part) => sum + part.byteLength, HEAD_SIZE * 8);
    if (snapshot.byteLength !== expected)
      throw new SnapshotError(
        `A snapshot of ${metrics} metrics has ${expected} bytes, this one has ${snapshot.byteLength}.`,
      );
    let at = HEAD_SIZE * 8;
    for (const part of parts) {
      part.set(snapshot.subarray(at, at + part.byteLength));
      at += part.byteLength;
    }
    this.#head.set(head);
    this.#groups = groups;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The alarm is from 0.5 on, what is as strong in the same incident from 0.4 to 0.5, all else below 0.4. */
function scoreOf(strength: number, alarm: boolean): number {
  const score = strength ** 2 / (1 + strength ** 2);
  if (strength < 1) return 0.8 * score;
  return alarm ? score : 0.4 + 0.2 * (score - 0.5);
}

function contributorsOf(groups: readonly Group[]): Contributor[] {
  const found: Contributor[] = [];
  let sum = 0;
  for (const [place, { blame }] of groups.entries())
    for (const [index, share] of blame.entries()) {
      sum += share;
      if (share > 0) found.push({ index: place * GROUP_METRICS + index, share });
    }
  return found
    .map(({ index, share }) => ({ index, share: share / sum }))
    .filter(({ share }) => share >= MIN_SHARE)
    .toSorted((a, b) => b.share - a.share)
    .slice(0, MAX_CONTRIBUTORS);
}

function reasonOf({ numbers }: Group): HostReason {
  const level = numbers[OF.level]!;
  const movement = numbers[OF.movement]!;
  return level >= movement
    ? { code: 'pattern', factor: level }
    : { code: 'movement', factor: movement };
}

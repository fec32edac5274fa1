import {
  ALARM_SCORE,
  detectorDefaults,
  SnapshotError,
  type Detection,
  type Detector,
  type DetectorOptions,
  type Reason,
  type Widening,
} from './detection.ts';
import {
  ageSlotRecord,
  learnSlotRecord,
  SLOT_RECORD_SIZE,
  slotBounds,
  SLOTS,
  startSlotRecord,
} from './slot-record.ts';

const DAY_MS = 86_400_000;
const VERSION = 0;
const GENERATION_MS = 28 * DAY_MS;

/** Float64 header: version, points, first time, last time, birth of the generation, width factor. */
const HEADER = 8;
const AT = { version: 0, points: 1, first: 2, last: 3, birth: 4, width: 5 } as const;
const BYTES: number = HEADER * 8 + SLOT_RECORD_SIZE * 4;
const nothing: Detection = {
  score: 0,
  alarm: false,
  lower: Number.NaN,
  upper: Number.NaN,
  reason: undefined,
};
const bounds = new Float64Array(2);

/** A detector for one series. Time and memory per point do not grow. */
export function createDetector(options: DetectorOptions = {}): Detector {
  const { utcOffsetMs } = { ...detectorDefaults, ...options };
  const buffer = new ArrayBuffer(BYTES);
  const head = new Float64Array(buffer, 0, HEADER);
  const state = new Float32Array(buffer, HEADER * 8);
  head[AT.version] = VERSION;
  head[AT.width] = 1;
  startSlotRecord(state, 0);

  return {
    update(timeMs: number, value: number): Detection {
      if (!Number.isFinite(value) || !Number.isFinite(timeMs)) return nothing;
      const points = head[AT.points]!;
      if (points === 0) head.fill(timeMs, AT.first, AT.birth + 1);
      const time = Math.max(timeMs, head[AT.last]!);
      const slot = Math.floor(
        ((((time + utcOffsetMs) % DAY_MS) + DAY_MS) % DAY_MS) / (DAY_MS / SLOTS),
      );
      const x = Math.fround(Math.max(-1e18, Math.min(1e18, value)));
      slotBounds(state, 0, slot, bounds);
      const [low, high] = bounds as unknown as [number, number];
      const room = 0.1 * (high - low) * head[AT.width]!;
      const beyond = x > high ? x - high : x < low ? low - x : 0;
      const score = points < 50 || beyond === 0 ? 0 : beyond / (beyond + room);
      const reason: Reason | undefined =
        score < 0.25
          ? undefined
          : {
              code: 'slot-record',
              direction: x > high ? 'high' : 'low',
              hour: slot,
              spanMs: time - head[AT.first]!,
            };
      if (time - head[AT.birth]! > GENERATION_MS) {
        ageSlotRecord(state, 0);
        head[AT.birth] = time;
      }
      learnSlotRecord(state, 0, slot, x);
      head[AT.points] = points + 1;
      head[AT.last] = time;
      return { score, alarm: score >= ALARM_SCORE, lower: low - room, upper: high + room, reason };
    },
    acceptNormal(): Widening {
      const before = head[AT.width]!;
      const after = Math.min(8, before * 1.5);
      head[AT.width] = after;
      return { before, after };
    },
    undo(widening: Widening): void {
      head[AT.width] = head[AT.width]! * (widening.before / widening.after);
    },
    snapshot: () => new Uint8Array(buffer.slice(0)),
    restore(snapshot: Uint8Array): void {
      if (snapshot.byteLength !== BYTES)
        throw new SnapshotError(
          `A snapshot has ${BYTES} bytes, this one has ${snapshot.byteLength}.`,
        );
      const version = new DataView(snapshot.buffer, snapshot.byteOffset).getFloat64(0, true);
      if (version !== VERSION) throw new SnapshotError(`Snapshot of another version: ${version}.`);
      new Uint8Array(buffer).set(snapshot);
    },
  };
}

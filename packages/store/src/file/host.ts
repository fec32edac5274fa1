/** Hosts and their series sets as the writer holds them, and the place of a chunk of samples. */
import type { Watermark, WatermarkRange } from '../contract/metric-store.ts';

export interface SeriesSet {
  readonly number: number;
  readonly keys: readonly string[];
  readonly firstStripe: number;
  firstWindow: number;
  lastWindow: number;
}

export interface Host extends Watermark {
  readonly number: number;
  readonly hostId: string;
  bootEpoch: number;
  seq: number;
  ranges: readonly WatermarkRange[];
  /** By set id. */
  readonly sets: Map<string, SeriesSet>;
  /** When rows were added last, in ms of this process; -Infinity before. */
  touchedAtMs: number;
}

/** Numbers that name the chunk and the head of a window, and how many series they have. */
export interface RawPlace {
  readonly host: number;
  readonly set: number;
  readonly width: number;
  readonly window: number;
}

export function placeOf(host: Host, set: SeriesSet, window: number): RawPlace {
  return { host: host.number, set: set.number, width: set.keys.length, window };
}

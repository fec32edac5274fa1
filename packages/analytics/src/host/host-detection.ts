/** What the detector of a host says about a sample of all its metrics, and why. */

/** Why a sample stands out; `group` is the first metric of the group that speaks. */
export type HostReason =
  /** The metrics together are where they are not at this time of the day; `factor` against the usual distance. */
  | { readonly code: 'pattern'; readonly factor: number }
  /** The metrics moved together as they do not, from one sample to the next. */
  | { readonly code: 'movement'; readonly factor: number };

export interface Contributor {
  /** Of the metric, in the values pushed. */
  readonly index: number;
  /** Of the distance, 0–1; the shares of all metrics sum to 1. */
  readonly share: number;
}

export interface HostDetection {
  /**
   * In [0, 1]; 0.5 and more is an alarm, which is given once per incident. Samples of the incident that are as strange
   * have scores from 0.4 to below 0.5, all others below 0.4; 0 while nothing is known yet.
   */
  readonly score: number;
  /** score >= 0.5 */
  readonly alarm: boolean;
  /** From the alarm to the end of the incident. */
  readonly ongoing: boolean;
  /** Loudest first, at most `MAX_CONTRIBUTORS`; empty where nothing stands out. */
  readonly contributors: readonly Contributor[];
  /** Undefined where nothing stands out. */
  readonly reason: HostReason | undefined;
}

export const MAX_CONTRIBUTORS = 8;

export interface HostDetectorOptions {
  /**
   * Added to timestamps before the time of the day is taken.
   * @default 0
   */
  readonly utcOffsetMs?: number;
  /**
   * Values beyond so many are not judged; `ignoredMetrics` says how many those are.
   * @default 512
   */
  readonly maxMetrics?: number;
}

export const hostDetectorDefaults: Required<HostDetectorOptions> = {
  utcOffsetMs: 0,
  maxMetrics: 512,
};

export interface HostDetector {
  /** The most values of one sample that were beyond `maxMetrics`. */
  readonly ignoredMetrics: number;
  /**
   * Scores a sample by the samples before it, then learns it. Meant for samples half a minute to five minutes apart
   * (means where they are denser): smoothing and hold-off are counted in samples. A value that is not finite is
   * missing. Later samples may have more values (a metric appears) or fewer (missing); a metric keeps its index. A time
   * at or before the last one counts as the last one.
   */
  push(timeMs: number, values: ArrayLike<number>): HostDetection;
  /** All that is known; begins with a version. About 0.5 kB per metric. */
  snapshot(): Uint8Array;
  /** Continues exactly where the snapshot was taken. Throws `SnapshotError` on another version or length. */
  restore(snapshot: Uint8Array): void;
}

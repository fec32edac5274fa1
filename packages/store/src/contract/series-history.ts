/**
 * Queries across hosts: selection, aggregation, rates, export, import, backup and stats of the tiers. Everything runs
 * off the event loop, can be cancelled, and is bounded.
 */
import type { Rows, StoreStats } from './metric-store.ts';

/** One series of one host. */
export interface SeriesRef {
  readonly hostId: string;
  /** As `seriesKey` makes it. */
  readonly key: string;
}

/**
 * A condition on a label. Labels are `__name__` (the metric), `host` (the host's id) and the series' attributes
 * under their own names; a missing one is the empty text. Patterns match the whole value, as in PromQL.
 */
export interface SeriesMatcher {
  readonly label: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** Selects series: those named in `series`, or all that match every condition given. */
export interface SeriesSelector {
  readonly series?: readonly SeriesRef[] | undefined;
  readonly hostIds?: readonly string[] | undefined;
  readonly keys?: readonly string[] | undefined;
  readonly matchers?: readonly SeriesMatcher[] | undefined;
}

export interface Bounds {
  /** Maximum points of the answer and of the work on it; fails with `too-large` beyond. @default 2,000,000 */
  readonly maxPoints?: number | undefined;
  /** Aborting it ends the work and rejects with `cancelled`. */
  readonly signal?: AbortSignal | undefined;
}

export interface SelectQuery extends SeriesSelector, Bounds {
  /** Inclusive, epoch ms. */
  readonly fromMs: number;
  /** Inclusive, epoch ms. */
  readonly toMs: number;
  /**
   * Undefined: raw samples where they are still kept, buckets of the finest kept tier elsewhere. Otherwise one point
   * per step `[originMs + k·stepMs, + stepMs)`, from the coarsest tier whose buckets the steps are made of (so widths
   * that tiers divide are fast), exact wherever samples or such a tier are kept.
   */
  readonly stepMs?: number | undefined;
  /** Where the grid of steps begins. @default 0 */
  readonly originMs?: number | undefined;
}

/** Five figures per point. Of a raw sample, `min`, `max`, `mean` and `last` are its value and `count` is 1. */
export interface SelectedSeries extends SeriesRef {
  /** Ascending: time of the sample, or start of the bucket or step. Points without a sample are left out. */
  readonly timesMs: Float64Array;
  /** Width of each point, ms: 0 for a raw sample. */
  readonly widthsMs: Float64Array;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly mean: Float64Array;
  readonly last: Float64Array;
  readonly count: Float64Array;
  /** Of points as they are stored, where some are buckets. */
  readonly counter?: CounterFigures | undefined;
}

/** What buckets tell of a counter, per point: NaN where it is not kept, and for raw samples. */
export interface CounterFigures {
  readonly first: Float64Array;
  /** Sum of the values before each reset within the bucket. */
  readonly lost: Float64Array;
  readonly resets: Float64Array;
}

export interface SelectResult {
  /** By host, then in the order in which they were first stored. Series without a point are left out. */
  readonly series: readonly SelectedSeries[];
  /** Chunks that could not be decoded: they are quarantined, and missing in this result. */
  readonly damaged: number;
}

export type PointFigure = 'min' | 'max' | 'mean' | 'last' | 'count' | 'sum';

/** Aggregation across the series of a group, at each step; a series without a value there is left out. */
export type Across =
  | {
      readonly op: 'sum' | 'avg' | 'min' | 'max' | 'count';
      /** Group-by labels; one group when undefined. */
      readonly by?: readonly string[] | undefined;
    }
  | { readonly op: 'quantile'; readonly q: number; readonly by?: readonly string[] | undefined }
  /** The k series with the largest (`bottomk`: smallest) mean over the whole span. */
  | {
      readonly op: 'topk' | 'bottomk';
      readonly k: number;
      readonly by?: readonly string[] | undefined;
    };

export interface AggregateQuery extends SeriesSelector, Bounds {
  readonly fromMs: number;
  readonly toMs: number;
  /**
   * Width of a step, ms. When undefined, the finest of the usual widths (steps.ts) that gives at most `maxSteps` steps.
   */
  readonly stepMs?: number | undefined;
  /** @default 300 */
  readonly maxSteps?: number | undefined;
  /** Columns of the answer. @default ['mean'] */
  readonly figures?: readonly PointFigure[] | undefined;
  /** The series are counters: increase per second within each step, resets corrected; replaces `figures`. */
  readonly rate?: boolean | undefined;
  readonly across?: Across | undefined;
  /** Downsamples the first figure to at most `width` points for charts; times then differ between series. */
  readonly downsample?: { readonly width: number; readonly method: 'minmax' | 'lttb' } | undefined;
}

export interface AggregatedSeries {
  /** `__name__`, `host` and attributes, or the labels of the group. */
  readonly labels: Readonly<Record<string, string>>;
  readonly timesMs: Float64Array;
  /** One array per figure, one value per time, NaN where there is none. */
  readonly columns: readonly Float64Array[];
}

export interface AggregateResult {
  readonly stepMs: number;
  readonly figures: readonly (PointFigure | 'rate')[];
  readonly series: readonly AggregatedSeries[];
  readonly damaged: number;
}

/** Disk use of one tier. */
export interface TierStats {
  /** 0 for raw samples. */
  readonly bucketMs: number;
  readonly retentionMs: number;
  readonly chunks: number;
  readonly bytes: number;
  /** Of the oldest and newest block of time it has, epoch ms; 0 when empty. */
  readonly oldestMs: number;
  readonly newestMs: number;
}

export interface HistoryStats extends StoreStats {
  readonly hosts: number;
  readonly series: number;
  readonly tiers: readonly TierStats[];
  /** Chunks that could not be decoded and were quarantined. */
  readonly damaged: number;
  /** Late samples that were dropped: the raw samples of their window were removed and its bucket already had values. */
  readonly lateDropped: number;
  /** Estimated bytes once every tier has reached its retention, at the present number of series and interval. */
  readonly bytesExpected: number;
}

/** What `diskExpected` estimates for: this many series, sampled at this interval. */
export interface DiskQuestion {
  readonly series: number;
  readonly intervalMs: number;
}

export interface ExportedRows {
  readonly hostId: string;
  readonly keys: readonly string[];
  readonly timesMs: Float64Array;
  /** NaN where there is no sample. */
  readonly columns: readonly Float64Array[];
  /** Places of samples that are NaN, `row * keys.length + column`. */
  readonly notNumbers: readonly number[];
}

export interface ExportQuery extends SeriesSelector {
  readonly fromMs: number;
  readonly toMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ImportReport {
  readonly samples: number;
  readonly series: number;
  readonly hosts: number;
}

export interface BackupProgress {
  readonly pagesDone: number;
  readonly pagesTotal: number;
}

export interface SeriesHistory {
  /** All series that match. */
  listSeries(selector: SeriesSelector): Promise<readonly SeriesRef[]>;
  select(query: SelectQuery): Promise<SelectResult>;
  aggregate(query: AggregateQuery): Promise<AggregateResult>;
  /** Raw samples (the last value of buckets where only those are kept), host by host and in order of time. */
  exportRows(query: ExportQuery): AsyncIterable<ExportedRows>;
  /**
   * Adds rows without an agent's watermark, as an import does; a row of a time that is already stored is ignored.
   * Answers how many values were in such rows.
   */
  importRows(hostId: string, rows: Rows): Promise<number>;
  /** Copies the whole database while it is in use; the copy is a data folder's `openmanager.db`. */
  backup(path: string, onProgress?: (progress: BackupProgress) => void): Promise<void>;
  /** Reads the length of every chunk: too slow to call each second. */
  historyStats(): Promise<HistoryStats>;
  diskExpected(question: DiskQuestion): number;
}

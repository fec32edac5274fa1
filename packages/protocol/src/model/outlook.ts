/** What the hub makes of a series beyond its samples: what was expected, what stood out, and where it is going. */
import * as v from 'valibot';
import { limits } from '../limits.ts';
import { targetRefSchema, type TargetRef } from './target.ts';

export const anomalyCodes = [
  'slot-record',
  'range-record',
  'slot-spread',
  'spread',
  'off-profile',
  'jump',
  'frozen',
  'host',
] as const;
/**
 * Beyond all that this hour of the day had · beyond every value remembered · moves more than it ever did at this
 * hour · moves more than it does · far from what this hour has · far from what was expected · does not change any
 * more · the host's metrics together are unlike they ever were.
 */
export type AnomalyCode = (typeof anomalyCodes)[number];

/** Why a value stands out; figures are in the series' own unit, spans in ms. */
export interface AnomalyReason {
  readonly code: AnomalyCode;
  readonly direction?: 'high' | 'low' | undefined;
  /** Hour of the day, 0–23, in the hub's time zone. */
  readonly hour?: number | undefined;
  /** How far back was looked. */
  readonly spanMs?: number | undefined;
  /** What this hour has on average. */
  readonly usual?: number | undefined;
  readonly level?: number | undefined;
  readonly expected?: number | undefined;
  /** Deviation of the last points against the usual one. */
  readonly factor?: number | undefined;
  readonly value?: number | undefined;
}

export const anomalyReasonSchema: v.GenericSchema<AnomalyReason> = v.object({
  code: v.picklist(anomalyCodes),
  direction: v.optional(v.picklist(['high', 'low'])),
  hour: v.optional(v.number()),
  spanMs: v.optional(v.number()),
  usual: v.optional(v.number()),
  level: v.optional(v.number()),
  expected: v.optional(v.number()),
  factor: v.optional(v.number()),
  value: v.optional(v.number()),
});

/** Values of a series that stood out; one incident is one anomaly. */
export interface Anomaly {
  readonly id: string;
  readonly target: TargetRef;
  /** Of the series. */
  readonly key: string;
  /** End of the half minute whose mean stood out, epoch ms. */
  readonly timeMs: number;
  /** That mean, base units. */
  readonly value: number;
  /** The band in which it was expected; null when nothing was. */
  readonly lower: number | null;
  readonly upper: number | null;
  /** From 0.5, the threshold of all series, to 1. */
  readonly score: number;
  readonly reason: AnomalyReason;
  /** Of code `host`: the series that stood out together, loudest first, with their shares of 1. */
  readonly contributors?: readonly { readonly key: string; readonly share: number }[] | undefined;
  /** Somebody said that this is normal: the series' band is wider since. */
  readonly normal?: { readonly by: string; readonly timeMs: number } | undefined;
}

const text: v.GenericSchema<string> = v.pipe(v.string(), v.maxLength(limits.nameLength));

export const anomalySchema: v.GenericSchema<unknown, Anomaly> = v.pipe(
  v.object({
    id: text,
    target: targetRefSchema,
    key: v.pipe(v.string(), v.maxLength(4096)),
    timeMs: v.number(),
    value: v.number(),
    lower: v.nullable(v.number()),
    upper: v.nullable(v.number()),
    score: v.number(),
    reason: anomalyReasonSchema,
    contributors: v.optional(
      v.pipe(v.array(v.object({ key: v.string(), share: v.number() })), v.maxLength(8)),
    ),
    normal: v.optional(v.object({ by: v.string(), timeMs: v.number() })),
  }),
  v.title('Anomaly'),
);

/** When a series that grows will reach its bound, if it goes on as on the past days. */
export interface Capacity {
  /** Base units. */
  readonly bound: number;
  /** Epoch ms by which it is reached with a probability of 10, 50 and 90 %; null: not within the horizon of a year. */
  readonly p10Ms: number | null;
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
}

export const capacitySchema: v.GenericSchema<Capacity> = v.pipe(
  v.object({
    bound: v.number(),
    p10Ms: v.nullable(v.number()),
    p50Ms: v.nullable(v.number()),
    p90Ms: v.nullable(v.number()),
  }),
  v.title('Capacity'),
);

/** How forecasts of a series did when their time came. */
export interface ForecastGrade {
  /** Forecasts of a day that were graded. */
  readonly forecasts: number;
  /** Share of their steps within the interval of each level. */
  readonly hits: readonly { readonly level: number; readonly share: number }[];
  /** 1 − error / error of the seasonal-naive forecast: 0 is no better than it, 1 is perfect. */
  readonly skill: number;
  /** False: no alert is raised from forecasts of this series. */
  readonly isTrustworthy: boolean;
}

export const forecastGradeSchema: v.GenericSchema<ForecastGrade> = v.pipe(
  v.object({
    forecasts: v.number(),
    hits: v.array(v.object({ level: v.number(), share: v.number() })),
    skill: v.number(),
    isTrustworthy: v.boolean(),
  }),
  v.title('ForecastGrade'),
);

/** In short, for a list. */
export interface ForecastSummary {
  readonly key: string;
  /** Epoch ms. */
  readonly madeMs: number;
  /** Expected a day after `madeMs`, or at the end of a shorter forecast; base units. */
  readonly next: number;
  readonly capacity: Capacity | null;
  /** Null until a forecast was graded. */
  readonly grade: ForecastGrade | null;
}

export const forecastSummarySchema: v.GenericSchema<ForecastSummary> = v.object({
  key: v.pipe(v.string(), v.maxLength(4096)),
  madeMs: v.number(),
  next: v.number(),
  capacity: v.nullable(capacitySchema),
  grade: v.nullable(forecastGradeSchema),
});

export const forecastRefusals = ['not-enough-history', 'no-series'] as const;
export type ForecastRefusal = (typeof forecastRefusals)[number];

/** Where a series is going; one value per step in each list, base units. */
export interface SeriesForecast extends Omit<ForecastSummary, 'next'> {
  readonly hostId: string;
  readonly stepMs: number;
  /** Time of the first step, epoch ms. */
  readonly startMs: number;
  readonly mean: readonly number[];
  /** Narrowest first; `level` in percent. */
  readonly intervals: readonly {
    readonly level: number;
    readonly lower: readonly number[];
    readonly upper: readonly number[];
  }[];
  /** What it was mixed from, heaviest first; the weights add up to 1. */
  readonly models: readonly { readonly name: string; readonly weight: number }[];
  /** The line that daily means have been on since it last changed: epoch ms, and base units per day. */
  readonly trend: { readonly sinceMs: number; readonly perDay: number } | null;
}

const numbers = v.array(v.number());

export const seriesForecastSchema: v.GenericSchema<SeriesForecast> = v.pipe(
  v.object({
    hostId: text,
    key: v.string(),
    madeMs: v.number(),
    stepMs: v.number(),
    startMs: v.number(),
    mean: numbers,
    intervals: v.array(v.object({ level: v.number(), lower: numbers, upper: numbers })),
    models: v.array(v.object({ name: v.string(), weight: v.number() })),
    trend: v.nullable(v.object({ sinceMs: v.number(), perDay: v.number() })),
    capacity: v.nullable(capacitySchema),
    grade: v.nullable(forecastGradeSchema),
  }),
  v.title('SeriesForecast'),
);

/** What a host's page shows beside its samples; told on topic `target:<id>` when it changes. */
export interface HostOutlook {
  /** Of the last day, newest first, at most 20. */
  readonly anomalies: readonly Anomaly[];
  /** At most 50. */
  readonly forecasts: readonly ForecastSummary[];
}

export const hostOutlookSchema: v.GenericSchema<unknown, HostOutlook> = v.object({
  anomalies: v.pipe(v.array(anomalySchema), v.maxLength(limits.outlookAnomalies)),
  forecasts: v.pipe(v.array(forecastSummarySchema), v.maxLength(limits.outlookForecasts)),
});

/** What was expected of a series, what stood out, and where it is going. */
export interface OutlookRequest {
  readonly hostId: string;
  readonly key: string;
  /** Span of the band and of the anomalies, epoch ms. */
  readonly fromMs: number;
  readonly toMs: number;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

export const outlookRequestSchema: v.GenericSchema<unknown, OutlookRequest> = v.pipe(
  v.object({
    hostId: text,
    key: v.pipe(v.string(), v.minLength(1), v.maxLength(4096)),
    fromMs: count,
    toMs: count,
  }),
  v.forward(
    v.check((request) => request.fromMs <= request.toMs, 'must not be later than toMs'),
    ['fromMs'],
  ),
);

export interface Outlook {
  /** Times in ascending order, and the band in which each mean was expected; null while nothing was known. */
  readonly band: {
    readonly timesMs: readonly number[];
    readonly lower: readonly (number | null)[];
    readonly upper: readonly (number | null)[];
  };
  /** In the span, oldest first. */
  readonly anomalies: readonly Anomaly[];
  readonly forecast: SeriesForecast | null;
  /** Why there is no forecast. */
  readonly refusal: ForecastRefusal | null;
}

const bounds = v.array(v.nullable(v.number()));

export const outlookSchema: v.GenericSchema<unknown, Outlook> = v.pipe(
  v.object({
    band: v.object({ timesMs: numbers, lower: bounds, upper: bounds }),
    anomalies: v.array(anomalySchema),
    forecast: v.nullable(seriesForecastSchema),
    refusal: v.nullable(v.picklist(forecastRefusals)),
  }),
  v.title('Outlook'),
);

/** Answers of Prometheus's HTTP API. */
import * as v from 'valibot';
import { promqlMetricTypes, type PromqlMetadata } from '../ports/index.ts';

interface Success<T> {
  readonly status: 'success';
  readonly data: T;
  /** What the answer leaves out. */
  readonly warnings?: readonly string[] | undefined;
}
/** An object of Prometheus's own form. */
export type Data = Readonly<Record<string, unknown>>;
type Answer<T> = v.GenericSchema<unknown, Success<T>>;
export type Labels = Readonly<Record<string, string>>;
/** Unix seconds, and the value as text. */
export type Point = readonly [seconds: number, value: string];

export type QueryResult =
  | {
      readonly resultType: 'vector';
      readonly result: readonly { readonly metric: Labels; readonly value: Point }[];
    }
  | {
      readonly resultType: 'matrix';
      readonly result: readonly { readonly metric: Labels; readonly values: readonly Point[] }[];
    }
  | { readonly resultType: 'scalar' | 'string'; readonly result: Point };

export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
  readonly branch: string;
  readonly buildUser: string;
  readonly buildDate: string;
  readonly goVersion: string;
}

const labels = v.record(v.string(), v.string());
const point = v.pipe(
  v.strictTuple([v.number(), v.string()]),
  v.description('Unix seconds, and the value as text'),
  v.title('PrometheusPoint'),
);
const result = v.pipe(
  v.variant('resultType', [
    v.object({
      resultType: v.literal('vector'),
      result: v.array(v.object({ metric: labels, value: point })),
    }),
    v.object({
      resultType: v.literal('matrix'),
      result: v.array(v.object({ metric: labels, values: v.array(point) })),
    }),
    v.object({ resultType: v.picklist(['scalar', 'string']), result: point }),
  ]),
  v.title('PrometheusResult'),
);

function success<T>(data: v.GenericSchema<unknown, T>): Answer<T> {
  return v.object({
    status: v.literal('success'),
    data,
    warnings: v.optional(v.array(v.string())),
  });
}

export const querySchema: Answer<QueryResult> = success(result);
export const seriesSchema: Answer<readonly Labels[]> = success(v.array(labels));
export const namesSchema: Answer<readonly string[]> = success(v.array(v.string()));
export const textSchema: Answer<string> = success(v.string());
export const objectSchema: Answer<Data> = success(v.record(v.string(), v.unknown()));
export const listSchema: Answer<readonly Data[]> = success(
  v.array(v.record(v.string(), v.unknown())),
);
export const metadataSchema: Answer<Readonly<Record<string, readonly PromqlMetadata[]>>> = success(
  v.record(
    v.string(),
    v.array(v.object({ type: v.picklist(promqlMetricTypes), help: v.string(), unit: v.string() })),
  ),
);
export const buildInfoSchema: Answer<BuildInfo> = success(
  v.object({
    version: v.string(),
    revision: v.string(),
    branch: v.string(),
    buildUser: v.string(),
    buildDate: v.string(),
    goVersion: v.string(),
  }),
);

/** PromQL as the API sees it; the history domain implements it. */
import type { MetricType } from '@openmanager/store/contract';

export type PromqlFailureType =
  | 'bad_data'
  | 'execution'
  | 'canceled'
  | 'timeout'
  | 'unavailable'
  | 'internal';

/** Why a query has no answer, in the words of Prometheus's API. */
export class PromqlFailure extends Error {
  readonly type: PromqlFailureType;

  constructor(type: PromqlFailureType, message: string) {
    super(message);
    this.name = 'PromqlFailure';
    this.type = type;
  }
}

/** Bounds of an answer to a query. */
interface QueryBounds {
  readonly text: string;
  /** Most series, 0 for all. */
  readonly limit: number;
  /** How long a sample is valid for an instant selector. @default 5 minutes */
  readonly lookbackMs: number | undefined;
}

/** Series that fit any of the selectors, all when there are none. */
interface CatalogueBounds {
  readonly selectors: readonly string[];
  readonly limit: number;
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
}

export type PromqlQuestion =
  | ({ readonly kind: 'instant'; readonly timeMs: number } & QueryBounds)
  | ({
      readonly kind: 'range';
      readonly startMs: number;
      readonly endMs: number;
      readonly stepMs: number;
    } & QueryBounds)
  | ({ readonly kind: 'series' | 'labels' } & CatalogueBounds)
  | ({ readonly kind: 'values'; readonly label: string } & CatalogueBounds)
  | { readonly kind: 'counts'; readonly limit: number }
  | { readonly kind: 'format' | 'parse'; readonly text: string };

export interface PromqlOrder {
  /** Aborted when whoever asked is gone. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number | undefined;
  /** Who asks: those who wait take turns. */
  readonly subject: string;
  /** Told before the answer what it leaves out. */
  readonly onWarnings: (warnings: readonly string[]) => void;
}

const types: Readonly<Record<MetricType, true>> = {
  counter: true,
  gauge: true,
  histogram: true,
  gaugehistogram: true,
  stateset: true,
  info: true,
  summary: true,
  unknown: true,
};
export const promqlMetricTypes = Object.keys(types) as readonly MetricType[];

export interface PromqlMetadata {
  readonly type: MetricType;
  readonly help: string;
  readonly unit: string;
}

export interface PromqlSource {
  /** JSON text of `data` in UTF-8. Throws PromqlFailure. */
  ask(question: PromqlQuestion, order: PromqlOrder): Promise<Uint8Array>;
  /** By exposed name. */
  metadata(): ReadonlyMap<string, PromqlMetadata>;
}

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

export type PromqlQuestion =
  | { readonly kind: 'instant'; readonly text: string; readonly timeMs: number }
  | {
      readonly kind: 'range';
      readonly text: string;
      readonly startMs: number;
      readonly endMs: number;
      readonly stepMs: number;
    }
  | {
      readonly kind: 'series' | 'labels';
      readonly selectors: readonly string[];
      readonly limit: number;
    }
  | {
      readonly kind: 'values';
      readonly label: string;
      readonly selectors: readonly string[];
      readonly limit: number;
    };

export interface PromqlOrder {
  /** Aborted when whoever asked is gone. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number | undefined;
  /** What the asker should know of the answer, told before it. */
  readonly onWarning?: ((text: string) => void) | undefined;
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

/** Messages between the engine and its query threads. */
import type { SelectedSeries, SeriesRef } from '@openmanager/store/contract';
import type { InstantQuestion, RangeQuestion } from './answer.ts';
import type { PromqlErrorType } from './promql-error.ts';
import type { ExposedHost } from './series-source.ts';

/** Series that fit any of the selectors; all when there are none. */
export interface CatalogueQuestion {
  readonly selectors: readonly string[];
  /** Most entries of the answer; 0 for no bound but the thread's own. */
  readonly limit: number;
  /** Only those that have a sample in the span, which may be widened to the hour. */
  readonly startMs?: number | undefined;
  readonly endMs?: number | undefined;
}

export type Question =
  | ({ readonly kind: 'instant' } & InstantQuestion)
  | ({ readonly kind: 'range' } & RangeQuestion)
  | ({ readonly kind: 'series' } & CatalogueQuestion)
  | ({ readonly kind: 'labels' } & CatalogueQuestion)
  | ({ readonly kind: 'values'; readonly label: string } & CatalogueQuestion)
  /** Counts of series by names and labels. */
  | { readonly kind: 'counts'; readonly limit: number }
  /** The query in its usual form, and as a tree. */
  | { readonly kind: 'format' | 'parse'; readonly text: string };

export type StoreQuestion =
  | { readonly ask: 'hosts' }
  | {
      readonly ask: 'list';
      readonly hostIds: readonly string[];
      readonly metrics: string | undefined;
    }
  | {
      readonly ask: 'select';
      readonly series: readonly SeriesRef[];
      readonly fromMs: number;
      readonly toMs: number;
      /** One point per step instead of samples. */
      readonly stepMs?: number | undefined;
    };

export type StoreAnswer =
  | readonly ExposedHost[]
  | readonly (readonly [hostId: string, keys: readonly string[]])[]
  | readonly SelectedSeries[];

export interface ThreadError {
  readonly type: PromqlErrorType;
  readonly message: string;
}

/** Engine to thread. */
export type ToThread =
  | { readonly question: Question; readonly nowMs: number; readonly maxPoints: number }
  | { readonly id: number; readonly answer: StoreAnswer }
  | { readonly id: number; readonly error: ThreadError };

/** From the thread: a question to the store, or how the query ended; `data` is JSON text in UTF-8. */
export type FromThread =
  | { readonly id: number; readonly ask: StoreQuestion }
  | { readonly data: Uint8Array<ArrayBuffer>; readonly warnings: readonly string[] }
  | { readonly error: ThreadError };

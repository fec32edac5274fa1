/** Messages between the caller and the two threads. */
import type { AggregateQuery, SeriesSelector, SelectQuery } from '../contract/series-history.ts';
import type { StoreCondition } from '../contract/condition.ts';
import type { TierOptions } from '../contract/options.ts';
import type { RangeQuery } from '../contract/metric-store.ts';
import type { StoreErrorCode } from '../contract/store-error.ts';
import type { Damage } from '../file/damage.ts';
import type { ExportQuestion } from '../read/export-block.ts';
import type { PackedRows, RecordText } from '../write/pack.ts';

export type WriteCall =
  | { readonly call: 'append'; readonly rows: PackedRows }
  | { readonly call: 'write'; readonly changes: readonly RecordText[] }
  | { readonly call: 'removeHost'; readonly hostId: string }
  | { readonly call: 'watermarks' }
  /** Chunks that the reader could not decode. */
  | { readonly call: 'check'; readonly damages: readonly Damage[] }
  | { readonly call: 'acceptClock' }
  | { readonly call: 'settle' };

export type ReadCall =
  | { readonly call: 'query'; readonly query: RangeQuery }
  | { readonly call: 'queryJson'; readonly query: RangeQuery }
  | { readonly call: 'select'; readonly query: Omit<SelectQuery, 'signal'> }
  | { readonly call: 'aggregate'; readonly query: Omit<AggregateQuery, 'signal'> }
  | { readonly call: 'listSeries'; readonly selector: SeriesSelector }
  /** Rows of one host from one block of time; where the next begins. */
  | (ExportQuestion & { readonly call: 'export' })
  /** Ends the call of this id, if it is still under way. */
  | { readonly call: 'cancel'; readonly id: number }
  | { readonly call: 'backup'; readonly path: string }
  | { readonly call: 'historyStats' }
  | { readonly call: 'series'; readonly hostId: string }
  | { readonly call: 'entries'; readonly collection: string }
  | {
      readonly call: 'latest';
      readonly collection: string;
      readonly limit: number;
      readonly before: string | undefined;
    }
  | { readonly call: 'stats' };

export interface CloseCall {
  readonly call: 'close';
}

export interface Request<C> {
  readonly id: number;
  readonly call: C;
}

/** A message that is not a reply: damage found by a query, progress of a call, or what the store can do now. */
export type Notice =
  | { readonly condition: StoreCondition }
  | { readonly damages: readonly Damage[] }
  | { readonly id: number; readonly progress: unknown };

export type Reply =
  | { readonly id: number; readonly answer: unknown }
  | {
      readonly id: number;
      readonly error: { readonly code: StoreErrorCode; readonly message: string };
    };

export interface ThreadOptions {
  readonly folder: string;
  readonly retentionMs: number;
  readonly tiers: readonly TierOptions[];
  readonly maxBytes?: number | undefined;
  readonly commitDelayMs: number;
  readonly mustExist?: boolean | undefined;
  /** Time until the reserve is made, and between looks at it. @default a minute */
  readonly reserveAfterMs?: number | undefined;
  /** Maximum pages of 4 KiB of the database; lets tests simulate a full disk. */
  readonly maxPages?: number;
}

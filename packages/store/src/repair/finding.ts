/** What is damaged or lost, in parts that a person knows. */

export type Finding =
  /** SQLite's own words about the file. */
  | { readonly kind: 'file'; readonly text: string }
  /** Tables whose entry on the first page is damaged. */
  | { readonly kind: 'schema'; readonly tables: readonly string[] }
  /** Samples of a host; the times are those of whole windows of 20 minutes. */
  | {
      readonly kind: 'samples';
      readonly hostId: string | undefined;
      readonly fromMs: number | undefined;
      readonly toMs: number | undefined;
    }
  /** Buckets of a tier: computed again from what is finer, as far as that is kept. */
  | { readonly kind: 'buckets'; readonly bucketMs: number; readonly count: number }
  /** A record, or some of a collection that nobody can name. */
  | {
      readonly kind: 'records';
      readonly collection: string | undefined;
      readonly key: string | undefined;
    }
  /** A host whose own row is damaged; its history is kept under the copy of its name. */
  | { readonly kind: 'host'; readonly hostId: string | undefined }
  /** A set of series whose row is damaged; `isKept` where its copy is whole. */
  | { readonly kind: 'set'; readonly hostId: string | undefined; readonly isKept: boolean }
  /** Notes of the store about itself, which it makes anew. */
  | { readonly kind: 'notes'; readonly table: string };

export interface SalvageReport {
  readonly findings: readonly Finding[];
  /** Findings beyond the bound, which are counted only. */
  readonly more: number;
  readonly kept: {
    readonly hosts: number;
    readonly series: number;
    readonly chunks: number;
    readonly buckets: number;
    readonly records: number;
  };
  /** Bytes of the write-ahead log that were not committed, or not whole. */
  readonly logIgnored: number;
}

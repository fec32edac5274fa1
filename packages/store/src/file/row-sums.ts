/**
 * Checksums of the small rows that nothing else protects: SQLite finds a page that makes no sense, and chunks have sums of
 * their own, but a changed letter of a record or a digit of a watermark would pass. `openmanager check` verifies them.
 */
import { crc32 } from 'node:zlib';

/** Of a row of `record`, `host` or `series_set`: all columns before `sum`, in order. */
export function rowSum(columns: readonly (string | number)[]): number {
  return crc32(JSON.stringify(columns));
}

/**
 * The collection that holds the catalogue a second time: without the names of its series, a set's chunks would be lost
 * with one damaged page.
 */
export const CATALOGUE = 'store.catalogue';

export interface CatalogueRecord {
  readonly hostId: string;
  readonly setId: string;
  readonly keys: readonly string[];
  readonly firstStripe: number;
}

/** Key of a set's record: numbers of its host and of itself. */
export function catalogueKey(host: number, set: number): string {
  return `${host}/${set}`;
}

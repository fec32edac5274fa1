/** The columns of one row, each as protocol's column codec writes a column of one value. */
import { ByteReader, ByteWriter, readColumn, writeColumn } from '@openmanager/protocol';

export function encodeRow(columns: readonly Float64Array[], row: number): Uint8Array {
  const writer = new ByteWriter(columns.length * 4 + 16);
  for (const column of columns) writeColumn(writer, column.subarray(row, row + 1));
  return writer.finish();
}

/** Calls `put` with the place in the set and the value of every wanted series that has one. */
export function decodeRow(
  bytes: Uint8Array,
  places: readonly number[],
  put: (place: number, value: number) => void,
): void {
  const reader = new ByteReader(bytes);
  let next = 0;
  for (const place of places) {
    for (; next < place; next++) readColumn(reader, 1);
    const value = readColumn(reader, 1)[0] ?? Number.NaN;
    next++;
    if (!Number.isNaN(value)) put(place, value);
  }
}

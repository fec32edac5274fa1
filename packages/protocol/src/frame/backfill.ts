/**
 * Past samples of one host, exact values.
 *
 * string host id · varint n, n strings · varint rows · row times (first varint, then zigzag) ·
 * one column per key (codec/column)
 */
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { readColumn, writeColumn } from '../codec/column.ts';
import { ProtocolError } from '../errors.ts';
import { limits } from '../limits.ts';

const MAX_KEY_BYTES = 8192;

export interface BackfillBody {
  readonly hostId: string;
  readonly keys: readonly string[];
  readonly timesMs: readonly number[];
  readonly columns: readonly Float64Array[];
}

export function encodeBackfill(rows: BackfillBody): Uint8Array {
  const writer = new ByteWriter(4096);
  writeBackfill(writer, rows);
  return writer.finish();
}

export function decodeBackfill(bytes: Uint8Array): BackfillBody {
  const reader = new ByteReader(bytes);
  const rows = readBackfill(reader);
  reader.end();
  return rows;
}

export function writeBackfill(writer: ByteWriter, rows: BackfillBody): void {
  writer.string(rows.hostId);
  writer.varint(rows.keys.length);
  for (const key of rows.keys) writer.string(key);
  writer.varint(rows.timesMs.length);
  let previous = 0;
  for (const [row, timeMs] of rows.timesMs.entries()) {
    if (row === 0) writer.varint(timeMs);
    else writer.zigzag(timeMs - previous);
    previous = timeMs;
  }
  for (const column of rows.columns) writeColumn(writer, column);
}

export function readBackfill(reader: ByteReader): BackfillBody {
  const hostId = reader.string(limits.nameLength);
  const keys = Array.from({ length: reader.count(limits.seriesPerSet) }, () =>
    reader.string(MAX_KEY_BYTES),
  );
  const rows = reader.count(limits.historyPoints);
  const timesMs: number[] = [];
  for (let row = 0; row < rows; row++)
    timesMs.push(row === 0 ? reader.varint() : (timesMs[row - 1] as number) + reader.zigzag());
  if (rows * keys.length > limits.historyPoints * limits.historySeries)
    throw new ProtocolError('message-too-large', `${rows} rows × ${keys.length} series`);
  const columns = keys.map(() => readColumn(reader, rows));
  return { hostId, keys, timesMs, columns };
}

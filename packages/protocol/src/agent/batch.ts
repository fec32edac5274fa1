/**
 * A batch: rows of samples of one series set, stamped by the agent, identified by `(bootEpoch, seq)`. Several that wait
 * for the hub are packed into one, which stands for all of them.
 *
 * u8 1 (kind and layout) · varint bootEpoch · varint seq · 8 bytes set id · varint columns · varint rows ·
 * varint first time ms, zigzag ms to the next for each further row · one column per series (codec/column)
 *
 * packed: u8 2 · varint bootEpoch · varint seq · varint batches before seq that it stands for, too · as above
 */
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { readColumn, writeColumn } from '../codec/column.ts';
import { ProtocolError } from '../errors.ts';
import { limits } from '../limits.ts';

const SINGLE = 1;
const PACKED = 2;
const HASH_BYTES = 8;
const MAX_TIME = 4e15;

export interface Batch {
  readonly bootEpoch: number;
  readonly seq: number;
  /** The first of the batches that it stands for, up to `seq`. @default seq */
  readonly first?: number;
  readonly setId: string;
  /** Sample times, epoch ms, one per row. */
  readonly timesMs: readonly number[];
  /** One array per series of the set, one value per row; NaN where there is no sample. */
  readonly columns: readonly Float64Array[];
}

export function encodeBatch(batch: Batch): Uint8Array {
  const writer = new ByteWriter(64 + batch.columns.length * 4 * batch.timesMs.length);
  const others = batch.seq - (batch.first ?? batch.seq);
  writer.u8(others > 0 ? PACKED : SINGLE);
  writer.varint(batch.bootEpoch);
  writer.varint(batch.seq);
  if (others > 0) writer.varint(others);
  for (let index = 0; index < HASH_BYTES; index++)
    writer.u8(Number.parseInt(batch.setId.slice(index * 2, index * 2 + 2), 16));
  writer.varint(batch.columns.length);
  writer.varint(batch.timesMs.length);
  let previous = 0;
  for (const [row, timeMs] of batch.timesMs.entries()) {
    if (row === 0) writer.varint(timeMs);
    else writer.zigzag(timeMs - previous);
    previous = timeMs;
  }
  for (const column of batch.columns) writeColumn(writer, column);
  return writer.finish();
}

/** Which batches it is. */
export interface BatchIdentity {
  readonly bootEpoch: number;
  readonly seq: number;
  readonly first?: number;
}

function readIdentity(reader: ByteReader): BatchIdentity {
  const kind = reader.u8();
  if (kind !== SINGLE && kind !== PACKED)
    throw new ProtocolError('malformed-message', 'not a batch', 'kind');
  const bootEpoch = reader.varint();
  const seq = reader.varint();
  if (kind === SINGLE) return { bootEpoch, seq };
  const first = seq - reader.varint();
  if (first < 1) throw new ProtocolError('malformed-message', 'more batches than there are', 'seq');
  return { bootEpoch, seq, first };
}

/** Only the identity of a batch, for logs and rejects of batches that fail to decode further. */
export function decodeBatchIdentity(bytes: Uint8Array): BatchIdentity {
  return readIdentity(new ByteReader(bytes));
}

/** Decodes and bounds a batch; every defect is a ProtocolError. */
export function decodeBatch(bytes: Uint8Array): Batch {
  if (bytes.length > limits.agentMessageBytes)
    throw new ProtocolError('message-too-large', `batch of ${bytes.length} bytes`, 'batch');
  const reader = new ByteReader(bytes);
  const identity = readIdentity(reader);
  const setId = Array.from(reader.raw(HASH_BYTES), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  const columnCount = reader.count(limits.seriesPerSet);
  const rows = reader.varint();
  if (rows === 0 || rows * columnCount > limits.valuesPerBatch)
    throw new ProtocolError('message-too-large', `${rows} rows × ${columnCount} series`, 'rows');
  const timesMs: number[] = [];
  for (let row = 0; row < rows; row++) {
    const timeMs = row === 0 ? reader.varint() : (timesMs[row - 1] as number) + reader.zigzag();
    if (timeMs < 0 || timeMs > MAX_TIME)
      throw new ProtocolError('malformed-message', 'time out of range', 'timesMs');
    timesMs.push(timeMs);
  }
  // One buffer for all columns: hundreds of small allocations per batch fragment the hub's heap.
  const values = new Float64Array(rows * columnCount);
  const columns: Float64Array[] = [];
  for (let index = 0; index < columnCount; index++)
    columns.push(readColumn(reader, rows, values.subarray(index * rows, (index + 1) * rows)));
  reader.end();
  return { ...identity, setId, timesMs, columns };
}

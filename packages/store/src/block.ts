/**
 * A block: the rows of one series set of one host within one window of time, column by column, as bytes.
 * Layout: docs/format/store.md
 */
import { crc32 } from 'node:zlib';
import { ByteReader, ByteWriter, readColumn, writeColumn } from '@openmanager/protocol';
import { StoreError } from './metric-store.ts';

/** Length of the span of time a block covers; windows lie on its grid. */
export const WINDOW_MS = 300_000;
const CHECKSUM_BYTES = 4;

export function windowOf(timeMs: number): number {
  return Math.floor(timeMs / WINDOW_MS);
}

export function encodeBlock(
  window: number,
  timesMs: readonly number[],
  columns: readonly ArrayLike<number>[],
): Uint8Array {
  const head = new ByteWriter(timesMs.length * 3 + columns.length * 2 + 16);
  head.varint(timesMs.length);
  let previous = window * WINDOW_MS;
  for (const time of timesMs) {
    head.varint(time - previous);
    previous = time;
  }
  const body = new ByteWriter(timesMs.length * columns.length * 2 + 16);
  let end = 0;
  for (const column of columns) {
    writeColumn(body, column);
    head.varint(body.size - end);
    end = body.size;
  }
  const [headBytes, bodyBytes] = [head.finish(), body.finish()];
  const bytes = new Uint8Array(CHECKSUM_BYTES + headBytes.length + bodyBytes.length);
  bytes.set(headBytes, CHECKSUM_BYTES);
  bytes.set(bodyBytes, CHECKSUM_BYTES + headBytes.length);
  new DataView(bytes.buffer).setUint32(0, crc32(bytes.subarray(CHECKSUM_BYTES)), true);
  return bytes;
}

/** An encoded block, of which single columns can be read. */
export interface BlockView {
  /** Ascending, epoch ms. */
  readonly timesMs: Float64Array;
  /** The values of the series at `place` in its set, NaN where there is no sample. */
  column(place: number): Float64Array;
}

/** Throws `corrupt` when the bytes are not what was written. */
export function viewBlock(bytes: Uint8Array, window: number, width: number): BlockView {
  const { buffer, byteOffset, length } = bytes;
  const checksum =
    length < CHECKSUM_BYTES ? -1 : new DataView(buffer, byteOffset, length).getUint32(0, true);
  if (checksum !== crc32(bytes.subarray(CHECKSUM_BYTES)))
    throw new StoreError(
      'corrupt',
      `the samples from ${new Date(window * WINDOW_MS).toISOString()} on are damaged`,
    );
  const reader = new ByteReader(bytes.subarray(CHECKSUM_BYTES));
  const timesMs = new Float64Array(reader.count(length));
  let time = window * WINDOW_MS;
  for (let row = 0; row < timesMs.length; row++) {
    time += reader.varint();
    timesMs[row] = time;
  }
  const ends = new Float64Array(width);
  let end = 0;
  for (let place = 0; place < width; place++) {
    end += reader.varint();
    ends[place] = end;
  }
  const body = reader.raw(end);
  return {
    timesMs,
    column: (place) =>
      readColumn(
        new ByteReader(body.subarray(place === 0 ? 0 : ends[place - 1], ends[place])),
        timesMs.length,
      ),
  };
}

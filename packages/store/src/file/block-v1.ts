/**
 * Blocks of format 1, which are read once, when a folder of that format is opened: the rows of one series set of one
 * host within one window of 300 s, column by column. Layout: docs/format/chunk.md
 */
import { crc32 } from 'node:zlib';
import { ByteReader, readColumn } from '@openmanager/protocol';
import { StoreError } from '../contract/metric-store.ts';

export const BLOCK_WINDOW_MS = 300_000;
const CHECKSUM_BYTES = 4;

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
      `the samples from ${new Date(window * BLOCK_WINDOW_MS).toISOString()} on are damaged`,
    );
  const reader = new ByteReader(bytes.subarray(CHECKSUM_BYTES));
  const timesMs = new Float64Array(reader.count(length));
  let time = window * BLOCK_WINDOW_MS;
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

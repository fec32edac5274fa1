/**
 * Records of a segment file (docs/format/spool.md). A segment starts with its magic; each record is
 *
 *   u32 length of payload · u32 CRC-32 of payload · payload
 *
 * and a payload is a series set (u8 1, 16 characters of id, JSON array of keys) or a batch (u8 2, f64 bootEpoch,
 * f64 seq, f64 time, 16 characters of set id, the batch as it is sent). Little-endian. A set comes before the
 * first batch of its segment that uses it, so that each segment can be read and removed alone.
 */
import { crc32 } from 'node:zlib';
import { limits, type SeriesSet } from '@openmanager/protocol';
import * as v from 'valibot';
import type { Entry } from './entry.ts';

export const MAGIC: Buffer = Buffer.from('OMSPOOL1', 'latin1');
export const RECORD_HEAD_BYTES = 8;
const KIND_SET = 1;
const KIND_BATCH = 2;
const SET_ID_CHARACTERS = 16;
const BATCH_HEAD_BYTES = 1 + 8 + 8 + 8 + SET_ID_CHARACTERS;
/** No payload is longer: a batch and a set are bounded by the limit of a message. */
export const PAYLOAD_LIMIT_BYTES: number = limits.agentMessageBytes + 1024;

const keysSchema = v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(limits.seriesPerSet));

export type SpoolRecord =
  | { readonly kind: 'set'; readonly set: SeriesSet }
  | { readonly kind: 'batch'; readonly setId: string; readonly entry: Omit<Entry, 'set'> };

function frame(payload: Buffer): Buffer {
  const head = Buffer.allocUnsafe(RECORD_HEAD_BYTES);
  head.writeUInt32LE(payload.length, 0);
  head.writeUInt32LE(crc32(payload), 4);
  return Buffer.concat([head, payload]);
}

export function encodeSet(set: SeriesSet): Buffer {
  return frame(
    Buffer.concat([Buffer.from([KIND_SET]), Buffer.from(set.id + JSON.stringify(set.keys))]),
  );
}

export function encodeEntry(entry: Entry): Buffer {
  const head = Buffer.allocUnsafe(BATCH_HEAD_BYTES);
  head.writeUInt8(KIND_BATCH, 0);
  head.writeDoubleLE(entry.mark.bootEpoch, 1);
  head.writeDoubleLE(entry.mark.seq, 9);
  head.writeDoubleLE(entry.timeMs, 17);
  head.write(entry.set.id, 25, SET_ID_CHARACTERS, 'latin1');
  return frame(Buffer.concat([head, entry.bytes]));
}

function decodePayload(payload: Buffer): SpoolRecord | undefined {
  const kind = payload[0];
  if (kind === KIND_SET && payload.length > 1 + SET_ID_CHARACTERS) {
    try {
      const keys = v.parse(keysSchema, JSON.parse(payload.toString('utf8', 1 + SET_ID_CHARACTERS)));
      return {
        kind: 'set',
        set: { id: payload.toString('latin1', 1, 1 + SET_ID_CHARACTERS), keys },
      };
    } catch {
      return undefined;
    }
  }
  if (kind !== KIND_BATCH || payload.length <= BATCH_HEAD_BYTES) return undefined;
  return {
    kind: 'batch',
    setId: payload.toString('latin1', 25, 25 + SET_ID_CHARACTERS),
    entry: {
      mark: { bootEpoch: payload.readDoubleLE(1), seq: payload.readDoubleLE(9) },
      timeMs: payload.readDoubleLE(17),
      bytes: payload.subarray(BATCH_HEAD_BYTES),
    },
  };
}

export type ReadRecord =
  | { readonly record: SpoolRecord; readonly next: number }
  /** A damaged record, or several of them when a length is damaged; the next readable one starts at `next`. */
  | { readonly record: undefined; readonly next: number }
  /** The end of the readable records. `torn` when bytes follow that are no record. */
  | { readonly end: true; readonly torn: boolean };

/** The record at `at` of a segment's bytes. */
export function readRecord(bytes: Buffer, at: number): ReadRecord {
  const left = bytes.length - at;
  if (left < RECORD_HEAD_BYTES) return { end: true, torn: left > 0 };
  const length = bytes.readUInt32LE(at);
  const next = at + RECORD_HEAD_BYTES + length;
  if (isWhole(bytes, at)) {
    const payload = bytes.subarray(at + RECORD_HEAD_BYTES, next);
    return { record: decodePayload(payload), next };
  }
  // Its length may be what is damaged: the next record is the next place where one is whole.
  for (let place = at + 1; place + RECORD_HEAD_BYTES < bytes.length; place++)
    if (isWhole(bytes, place)) return { record: undefined, next: place };
  return { end: true, torn: true };
}

function isWhole(bytes: Buffer, at: number): boolean {
  const length = bytes.readUInt32LE(at);
  const from = at + RECORD_HEAD_BYTES;
  if (length === 0 || length > PAYLOAD_LIMIT_BYTES || from + length > bytes.length) return false;
  const kind = bytes[from];
  if (kind !== KIND_SET && kind !== KIND_BATCH) return false;
  return crc32(bytes.subarray(from, from + length)) === bytes.readUInt32LE(at + 4);
}

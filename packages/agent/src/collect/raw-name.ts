/**
 * Names as the kernel has them: bytes without an encoding, which may be no UTF-8, hold line feeds, or be longer than a
 * label. They are kept as `raw` strings, one character per byte (latin1), so that no two become one and paths made of
 * them still lead there; `shownName` makes the text that people read.
 */
import { isUtf8 } from 'node:buffer';
import { limits } from '@openmanager/protocol';

/** Bytes of the longest UTF-8 sequence. */
const LONGEST = 4;
const ASCII = /^[\x20-\x7e]*$/;
/** C0 but for tab and line feed, DEL and C1: invisible, and some of them steer terminals. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
const CUT = '…';

const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;

/** UTF-8 as it is; each byte that belongs to none, and each control character, as `\xHH`; cut to a label's length. */
export function shownName(raw: string): string {
  if (ASCII.test(raw)) return cutName(raw);
  const bytes = Buffer.from(raw, 'latin1');
  const text = isUtf8(bytes) ? bytes.toString() : escaped(bytes);
  return cutName(text.replace(CONTROL, (character) => hex(character.charCodeAt(0))));
}

function escaped(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    let length = 1;
    while (length <= LONGEST && !isUtf8(bytes.subarray(at, at + length))) length++;
    if (length > LONGEST || at + length > bytes.length) {
      text += hex(bytes[at] as number);
      at++;
    } else {
      text += bytes.toString('utf8', at, at + length);
      at += length;
    }
  }
  return text;
}

/** Keeps the begin and the end, which tell long paths apart, and no half of a surrogate pair. */
export function cutName(text: string, length: number = limits.nameLength): string {
  if (text.length <= length) return text;
  const head = Math.ceil((length - CUT.length) / 2);
  const tail = length - CUT.length - head;
  return (text.slice(0, head) + CUT + text.slice(-tail)).toWellFormed().replaceAll('\ufffd', '');
}

/** A name of our own as the kernel would have it. */
export function rawName(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** A path below `folder`, for calls of the file system; text where text is enough. */
export function rawPath(folder: string, raw: string): string | Buffer {
  return ASCII.test(raw)
    ? folder + raw
    : Buffer.concat([Buffer.from(folder), Buffer.from(raw, 'latin1')]);
}

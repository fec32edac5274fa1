/**
 * Compression in the block format of snappy (https://github.com/google/snappy/blob/main/format_description.txt), which
 * remote write asks for: length, then literals and copies of at most 64 bytes from at most 64 KiB back.
 */
const TABLE_BITS = 14;
const WINDOW = 65_535;

export function snappy(input: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(new ArrayBuffer(32 + input.length + Math.ceil(input.length / 6)));
  let to = 0;
  for (let length = input.length; ; length >>>= 7) {
    out[to++] = length > 127 ? (length & 127) | 128 : length;
    if (length <= 127) break;
  }
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const table = new Int32Array(1 << TABLE_BITS).fill(-1);

  const literal = (from: number, end: number): void => {
    const length = end - from - 1;
    if (length < 0) return;
    if (length < 60) out[to++] = length << 2;
    else {
      const bytes = length < 1 << 8 ? 1 : length < 1 << 16 ? 2 : length < 1 << 24 ? 3 : 4;
      out[to++] = (59 + bytes) << 2;
      for (let byte = 0; byte < bytes; byte++) out[to++] = (length >>> (8 * byte)) & 255;
    }
    out.set(input.subarray(from, end), to);
    to += length + 1;
  };

  let [at, pending] = [0, 0];
  const last = input.length - 4;
  while (at <= last) {
    const word = view.getUint32(at, true);
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - TABLE_BITS);
    const before = table[slot] as number;
    table[slot] = at;
    if (before < 0 || at - before > WINDOW || view.getUint32(before, true) !== word) {
      at++;
      continue;
    }
    literal(pending, at);
    let length = 4;
    while (at + length < input.length && input[before + length] === input[at + length]) length++;
    const offset = at - before;
    at += length;
    pending = at;
    for (; length > 0; length -= 64) {
      out[to++] = ((Math.min(length, 64) - 1) << 2) | 2;
      out[to++] = offset & 255;
      out[to++] = offset >>> 8;
    }
  }
  literal(pending, input.length);
  return out.slice(0, to);
}

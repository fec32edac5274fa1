/**
 * CRC-16 with the polynomial of CCITT, x^16 + x^12 + x^5 + 1, most significant bit first: finds every burst of up to
 * 16 bits. For single columns, which are too short for a call to zlib; whole chunks have a CRC-32.
 */
const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let rest = byte << 8;
  for (let bit = 0; bit < 8; bit++) rest = rest & 0x8000 ? (rest << 1) ^ 0x1021 : rest << 1;
  return rest;
});

export function crc16(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0xffff;
  for (let at = from; at < to; at++)
    sum = ((sum << 8) & 0xffff) ^ (table[(sum >> 8) ^ (bytes[at] as number)] as number);
  return sum;
}

import { expect, test } from 'vitest';
import { framePacket } from './packet.ts';

// RFC 6455 §5.2: 7 bits of length, or 126 and 16 bits, or 127 and 64 bits.
test.each([
  [1, [0x82, 1]],
  [125, [0x82, 125]],
  [126, [0x82, 126, 0, 126]],
  [127, [0x82, 126, 0, 127]],
  [65_535, [0x82, 126, 255, 255]],
  [65_536, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
])('a frame of %d bytes has the header %j and holds its pieces', (length, header) => {
  const bytes = new Uint8Array(length).fill(7);
  const { data, options, framed: written } = framePacket([bytes.subarray(0, 1), bytes.subarray(1)]);
  const [framed] = options.wsPreEncodedFrame as [Buffer];
  expect([...framed.subarray(0, header.length)]).toEqual(header);
  expect(framed.subarray(header.length).equals(bytes)).toBe(true);
  expect((data as Buffer).equals(bytes)).toBe(true);
  expect(written).toBe(framed);
});

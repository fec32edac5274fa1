import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { BitReader, BitWriter, golombLength } from './bits.ts';

const step = fc.oneof(
  fc.record({ kind: fc.constant('bit' as const), value: fc.boolean() }),
  fc.integer({ min: 0, max: 53 }).chain((count) =>
    fc.record({
      kind: fc.constant('bits' as const),
      count: fc.constant(count),
      value: fc.maxSafeNat().map((value) => value % 2 ** count),
    }),
  ),
  fc.record({
    kind: fc.constant('golomb' as const),
    order: fc.integer({ min: 0, max: 15 }),
    value: fc.oneof(fc.nat(2000), fc.integer({ min: 0, max: 2 ** 52 })),
  }),
);

test('what was written is read, and a code is as long as it was said to be', () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const writer = new BitWriter();
      let bits = 0;
      for (const part of steps)
        if (part.kind === 'bit') {
          writer.bit(part.value);
          bits++;
        } else if (part.kind === 'bits') {
          writer.bits(part.value, part.count);
          bits += part.count;
        } else {
          writer.golomb(part.value, part.order);
          bits += golombLength(part.value, part.order);
        }
      const bytes = writer.finish();
      expect(bytes.length).toBe(Math.ceil(bits / 8));
      const reader = new BitReader(bytes);
      for (const part of steps)
        expect(
          part.kind === 'bit'
            ? reader.bit()
            : part.kind === 'bits'
              ? reader.bits(part.count)
              : reader.golomb(part.order),
        ).toBe(part.value);
      expect(reader.position).toBe(bytes.length);
    }),
  );
});

test('reading past the end, or a code that cannot be, is malformed', () => {
  expect(() => new BitReader(Uint8Array.of(1)).bits(9)).toThrow(ProtocolError);
  expect(() => new BitReader(new Uint8Array(20)).golomb(0)).toThrow('out of range');
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { ByteReader, ByteWriter, unzigzag, zigzag } from './bytes.ts';

test('integers up to 2^53 − 1 come back', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat(), { maxLength: 20 }), (values) => {
      const writer = new ByteWriter(1);
      for (const value of values) writer.varint(value);
      const reader = new ByteReader(writer.finish());
      expect(values.map(() => reader.varint())).toEqual(values);
      reader.end();
    }),
  );
});

test('zigzag is a bijection on integers below 2^52', () => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }), (value) => {
      expect(unzigzag(zigzag(value))).toBe(value);
      expect(zigzag(value)).toBeGreaterThanOrEqual(0);
    }),
  );
});

test.each([
  ['an integer past 2^53', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ['an integer without an end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ['an integer cut off', [0x80]],
])('%s is refused', (_, bytes) => {
  expect(() => new ByteReader(Uint8Array.from(bytes)).varint()).toThrow(ProtocolError);
});

test('a count larger than what can follow is refused before anything is allocated', () => {
  const writer = new ByteWriter();
  writer.varint(1_000_000);
  expect(() => new ByteReader(writer.finish()).count(2_000_000)).toThrow(/do not fit/);
  expect(() => new ByteReader(writer.finish()).count(999_999)).toThrow(/limit/);
});

test('text is bounded and must be UTF-8', () => {
  const writer = new ByteWriter();
  writer.string('서버');
  expect(new ByteReader(writer.finish()).string(6)).toBe('서버');
  expect(() => new ByteReader(writer.finish()).string(5)).toThrow(/limit 5/);
  expect(() => new ByteReader(Uint8Array.of(1, 0xff)).string(5)).toThrow(/UTF-8/);
});

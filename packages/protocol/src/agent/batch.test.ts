import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { limits } from '../limits.ts';
import { ByteWriter } from '../codec/bytes.ts';
import { decodeBatch, decodeBatchIdentity, encodeBatch, type Batch } from './batch.ts';

const value = fc.oneof(
  fc.double({ noDefaultInfinity: true }),
  fc.integer().map((scaled) => scaled / 10_000),
  fc.constant(Number.NaN),
);

const batch: fc.Arbitrary<Batch> = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 20 }))
  .chain(([rows, columns]) =>
    fc.record({
      bootEpoch: fc.maxSafeNat(),
      seq: fc.maxSafeNat(),
      setId: fc.stringMatching(/^[0-9a-f]{16}$/),
      timesMs: fc.array(fc.integer({ min: 0, max: 4e15 }), { minLength: rows, maxLength: rows }),
      columns: fc.array(
        fc
          .array(value, { minLength: rows, maxLength: rows })
          .map((values) => Float64Array.from(values, (one) => (one === 0 ? 0 : one))),
        { minLength: columns, maxLength: columns },
      ),
    }),
  );

test('a batch comes back as it was sent', () => {
  fc.assert(
    fc.property(batch, (sent) => {
      const bytes = encodeBatch(sent);
      expect(decodeBatch(bytes)).toEqual(sent);
      expect(decodeBatchIdentity(bytes)).toEqual({ bootEpoch: sent.bootEpoch, seq: sent.seq });
    }),
  );
});

test('a cut or changed batch is read or refused, never anything else', () => {
  fc.assert(
    fc.property(batch, fc.nat(), fc.nat(255), fc.boolean(), (sent, place, byte, cut) => {
      let bytes = encodeBatch(sent);
      const at = place % bytes.length;
      if (cut) bytes = bytes.slice(0, at);
      else bytes[at] = byte;
      try {
        decodeBatch(bytes);
        expect(cut).toBe(false);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 500 },
  );
});

test('sizes are checked before anything is allocated', () => {
  const writer = new ByteWriter();
  writer.u8(1);
  writer.varint(1);
  writer.varint(1);
  writer.raw(new Uint8Array(8));
  writer.varint(2);
  writer.varint(limits.valuesPerBatch);
  writer.raw(new Uint8Array(10));
  expect(() => decodeBatch(writer.finish())).toThrow(/rows × 2 series/);
  expect(() => decodeBatch(new Uint8Array(limits.agentMessageBytes + 1))).toThrow(/bytes/);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { readColumn, writeColumn } from './column.ts';

function roundTrip(values: readonly number[]): { bytes: number; values: number[] } {
  const writer = new ByteWriter();
  writeColumn(writer, values);
  const bytes = writer.finish();
  const reader = new ByteReader(bytes);
  const read = [...readColumn(reader, values.length)];
  reader.end();
  return { bytes: bytes.length, values: read };
}

const decimal = fc
  .tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: 0, max: 9 }))
  .map(([scaled, decimals]) => scaled / 10 ** decimals);

test('any column comes back bit-exact, −0 as 0', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(decimal, fc.double(), fc.constant(Number.NaN), fc.maxSafeInteger()), {
        maxLength: 50,
      }),
      (values) => {
        expect(roundTrip(values).values).toEqual(values.map((value) => (value === 0 ? 0 : value)));
      },
    ),
    { numRuns: 2000 },
  );
});

test('rounded ratios take about two bytes each', () => {
  const ratios = Array.from(
    { length: 120 },
    (_, index) => Math.round(5000 + 300 * Math.sin(index)) / 10_000,
  );
  expect(roundTrip(ratios).bytes).toBeLessThanOrEqual(2 * 120 + 2);
});

test('random bytes are read or refused, never anything else', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.integer({ min: 0, max: 40 }),
      (bytes, rows) => {
        try {
          expect(readColumn(new ByteReader(bytes), rows)).toHaveLength(rows);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      },
    ),
    { numRuns: 3000 },
  );
});

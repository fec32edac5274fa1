import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBlock, viewBlock, WINDOW_MS } from '../src/block.ts';

const block = fc
  .tuple(
    fc.nat(2 ** 27 - 1),
    fc.uniqueArray(fc.nat(WINDOW_MS - 1), { minLength: 1, maxLength: 30 }),
    fc.nat(5),
  )
  .chain(([window, offsets, width]) =>
    fc.record({
      window: fc.constant(window),
      times: fc.constant(
        offsets.toSorted((a, b) => a - b).map((offset) => window * WINDOW_MS + offset),
      ),
      columns: fc.array(
        fc.array(fc.oneof(fc.double(), fc.integer()), {
          minLength: offsets.length,
          maxLength: offsets.length,
        }),
        { minLength: width, maxLength: width },
      ),
    }),
  );

test('times and any single column of a block come back', () => {
  fc.assert(
    fc.property(block, ({ window, times, columns }) => {
      const view = viewBlock(encodeBlock(window, times, columns), window, columns.length);
      expect([...view.timesMs]).toEqual(times);
      for (const [place, column] of [...columns.entries()].toReversed())
        expect([...view.column(place)]).toEqual(column.map((value) => (value === 0 ? 0 : value)));
    }),
    { numRuns: 500 },
  );
});

test('a flipped bit or a lost end is noticed, whichever it is', () => {
  const columns = [Float64Array.of(0.5, 0.25), Float64Array.of(1e9, Number.NaN)];
  const bytes = encodeBlock(3, [900_000, 905_000], columns);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(() => viewBlock(flipped, 3, 2)).toThrow(/1970-01-01T00:15:00.000Z on are damaged/);
  }
  for (let length = 0; length < bytes.length; length++)
    expect(() => viewBlock(bytes.subarray(0, length), 3, 2)).toThrow(/damaged/);
});

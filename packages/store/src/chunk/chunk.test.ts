import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChunkView, encodeChunk } from './chunk.ts';
import { DamagedCode } from './damaged-code.ts';

const ORIGIN_MS = 1_200_000 * 1_400_000;

/** Columns as hosts have them, and as nobody would: each takes another way through the coder. */
const decimals = (digits: number): fc.Arbitrary<number> =>
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((whole) => whole / 10 ** digits);
const value = fc.oneof(
  { weight: 4, arbitrary: decimals(2) },
  fc.constantFrom(0, -0, 1, Number.NaN, Infinity, -Infinity, Number.MAX_VALUE, 5e-324, 2 ** 53),
  fc.double(),
  fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
);
const smooth = (rows: number): fc.Arbitrary<number[]> =>
  fc
    .tuple(
      decimals(1),
      fc.array(fc.integer({ min: -3, max: 3 }), { minLength: rows, maxLength: rows }),
    )
    .map(([start, steps]) => {
      let level = Math.round(start * 10);
      return steps.map((step) => (level += step) / 10);
    });
const counter = (rows: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat(5000), { minLength: rows, maxLength: rows }).map((steps) => {
    let total = 1e9;
    return steps.map((step) => (total += step));
  });
const column = (rows: number): fc.Arbitrary<number[]> =>
  fc.oneof(
    fc.array(value, { minLength: rows, maxLength: rows }),
    smooth(rows),
    counter(rows),
    value.map((same) => Array.from({ length: rows }, () => same)),
    fc
      .tuple(smooth(rows), fc.array(fc.boolean(), { minLength: rows, maxLength: rows }))
      .map(([values, there]) => values.map((one, row) => (there[row] ? one : Number.NaN))),
  );
const chunk = fc
  .tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 6 }))
  .chain(([rows, width]) =>
    fc.record({
      times: fc
        .uniqueArray(fc.nat(1_199_999), { minLength: rows, maxLength: rows })
        .map((offsets) => offsets.toSorted((a, b) => a - b).map((offset) => ORIGIN_MS + offset)),
      columns: fc.array(column(rows), { minLength: width, maxLength: width }),
      repeat: fc.boolean(),
      told: fc.array(fc.tuple(fc.nat(5), fc.boolean(), decimals(2)), { maxLength: 3 }),
    }),
  )
  .map(({ times, columns, repeat, told }) => {
    const all = repeat && columns[0] ? [...columns, columns[0]] : [...columns];
    // Complements and doubles of columns, rounded as agents round them.
    for (const [place, complement, base] of told) {
      const other = all[place % Math.max(1, all.length)] ?? [];
      const values = other.map((one) => Math.round((base + (complement ? -one : one)) * 100) / 100);
      all.push(values, values);
    }
    return { times, columns: all.filter(({ length }) => length > 0) };
  });

function read(view: ChunkView): number[][] {
  return Array.from({ length: view.width }, (_, place) => {
    const into = new Float64Array(view.rows);
    view.column(place, into, 0);
    return [...into];
  });
}

test('times and values come back bit by bit', () => {
  fc.assert(
    fc.property(chunk, ({ times, columns }) => {
      const bytes = encodeChunk(7, ORIGIN_MS, times, columns);
      const view = new ChunkView(bytes, 7, ORIGIN_MS);
      view.verify();
      expect([...view.times()]).toEqual(times);
      const back = read(view);
      expect(back).toHaveLength(columns.length);
      // toEqual tells 0 from -0.
      for (const [place, values] of columns.entries()) expect(back[place]).toEqual(values);
    }),
    { numRuns: 400 },
  );
});

test('a byte that changed is found: by the check of the whole, and by whoever reads what it is in', () => {
  fc.assert(
    fc.property(
      chunk,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      ({ times, columns }, at, flip) => {
        const bytes = encodeChunk(7, ORIGIN_MS, times, columns);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] as number) ^ flip;
        expect(() => new ChunkView(bytes, 7, ORIGIN_MS).verify()).toThrow(DamagedCode);
        let back: number[][];
        try {
          const view = new ChunkView(bytes, 7, ORIGIN_MS);
          view.times();
          back = read(view);
        } catch (error) {
          expect(error).toBeInstanceOf(DamagedCode);
          return;
        }
        // The change was in a checksum that single columns do not need.
        expect(back).toEqual(columns);
      },
    ),
    { numRuns: 400 },
  );
});

test('any bytes are read or refused, never anything else; a chunk in another place is refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(() => {
        const view = new ChunkView(bytes, 7, ORIGIN_MS);
        view.verify();
      }).toThrow(DamagedCode);
    }),
    { numRuns: 1000 },
  );
  const bytes = encodeChunk(7, ORIGIN_MS, [ORIGIN_MS], [[1]]);
  expect(() => new ChunkView(bytes, 8, ORIGIN_MS)).toThrow(DamagedCode);
});

test('a column that another one tells takes next to nothing, wherever it comes again', () => {
  const rows = 240;
  let seed = 1;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const used = Array.from({ length: rows }, () => Math.round(random() * 2 ** 40));
  const times = Array.from({ length: rows }, (_, row) => ORIGIN_MS + row * 1000);
  const alone = encodeChunk(7, ORIGIN_MS, times, [used]);
  const available = used.map((one) => 2 ** 41 - one);
  const offset = used.map((one) => one + 1000);
  const columns = [used, available, offset, available, used];
  const bytes = encodeChunk(7, ORIGIN_MS, times, columns);
  expect(bytes.length).toBeLessThan(alone.length + 60);
  const back = read(new ChunkView(bytes, 7, ORIGIN_MS));
  expect(back).toEqual(columns);
});

test('realistic series take about a byte for each sample', () => {
  const rows = 1200;
  let seed = 1;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  let load = 0.2;
  const columns = Array.from({ length: 8 }, () =>
    Array.from({ length: rows }, () => {
      load = Math.min(1, Math.max(0, load + (random() - 0.5) * 0.01));
      return Math.round(load * 1000) / 1000;
    }),
  );
  const times = Array.from({ length: rows }, (_, row) => ORIGIN_MS + row * 1000);
  const bytes = encodeChunk(7, ORIGIN_MS, times, columns);
  expect(bytes.length / (rows * columns.length)).toBeLessThan(1);
});

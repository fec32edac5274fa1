import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { hostStatuses, priorities } from '../model/host.ts';
import { decodeFrame, decodeFrameHeader } from './decode.ts';
import { encodeBackfill, encodeDelta, encodeKeyframe } from './encode.ts';
import type { Backfill, Delta, FrameHeader, FrameHost, Keyframe } from './frame.ts';

const header: fc.Arbitrary<FrameHeader> = fc.record({
  channel: fc.nat(),
  epoch: fc.nat(),
  offset: fc.maxSafeNat(),
  hubTimeMs: fc.integer({ min: 0, max: 4e12 }),
});
const state = {
  timeMs: fc.integer({ min: 0, max: 4e12 }),
  status: fc.constantFrom(...hostStatuses),
  priority: fc.constantFrom(...priorities),
};
const keys = fc.array(fc.stringMatching(/^[a-z.]{1,12}$/), { maxLength: 20 });
const code = fc.integer({ min: 0, max: 2 ** 51 });

const host: fc.Arbitrary<FrameHost> = keys.chain((hostKeys) =>
  fc.record({
    hostId: fc.stringMatching(/^[a-z0-9]{12}$/),
    keys: fc.constant(hostKeys),
    ...state,
    codes: fc
      .array(code, { minLength: hostKeys.length, maxLength: hostKeys.length })
      .map((codes) => Float64Array.from(codes)),
  }),
);

const keyframe: fc.Arbitrary<Keyframe> = fc
  .tuple(header, fc.array(host, { maxLength: 6 }))
  .map(([head, hosts]) => ({ kind: 'keyframe', ...head, hosts, meta: undefined }));

function delta(keyCounts: readonly number[]): fc.Arbitrary<Delta> {
  const change = fc.integer({ min: 0, max: keyCounts.length - 1 }).chain((index) =>
    fc
      .uniqueArray(fc.nat(Math.max(0, (keyCounts[index] as number) - 1)), {
        maxLength: keyCounts[index] as number,
      })
      .chain((places) => {
        const changed = places.toSorted((a, b) => a - b);
        return fc.record({
          index: fc.constant(index),
          ...state,
          changed: fc.constant(changed),
          codes: fc.array(code, { minLength: changed.length, maxLength: changed.length }),
        });
      }),
  );
  return fc
    .tuple(header, fc.array(change, { maxLength: keyCounts.length }))
    .map(([head, hosts]) => ({ kind: 'delta', ...head, hosts, meta: undefined }));
}

const counts = fc.array(fc.nat(30), { minLength: 1, maxLength: 5 });

test('a keyframe comes back as it was sent', () => {
  fc.assert(
    fc.property(keyframe, (sent) => {
      expect(decodeFrame(encodeKeyframe(sent), [])).toEqual(sent);
    }),
  );
});

test('a delta comes back as it was sent', () => {
  fc.assert(
    fc.property(
      counts.chain((keyCounts) => fc.tuple(fc.constant(keyCounts), delta(keyCounts))),
      ([keyCounts, sent]) => {
        const bytes = encodeDelta(sent, keyCounts);
        expect(decodeFrame(bytes, keyCounts)).toEqual(sent);
        expect(decodeFrameHeader(bytes)).toMatchObject({
          kind: 2,
          offset: sent.offset,
          channel: sent.channel,
        });
      },
    ),
  );
});

test('a backfill comes back exact', () => {
  const sent: Backfill = {
    kind: 'backfill',
    channel: 3,
    epoch: 7,
    offset: 0,
    hubTimeMs: 1_700_000_000_000,
    hostId: 'abcdefghijkl',
    keys: ['system.cpu.utilization', 'x{a="b"}'],
    timesMs: [1_700_000_000_000, 1_700_000_005_000],
    columns: [Float64Array.of(0.1234, Number.NaN), Float64Array.of(Math.PI, 1e300)],
  };
  expect(decodeFrame(encodeBackfill(sent), [])).toEqual(sent);
});

test('meta travels as it is, and text in it stays text', () => {
  const meta = {
    processes: {
      timeMs: 1,
      rows: [{ pid: 1, name: '<b>한글</b>', user: 'root', cpuUtilization: 0.5, memoryBytes: 3 }],
    },
  };
  const sent = { channel: 1, epoch: 1, offset: 1, hubTimeMs: 1, hosts: [], meta };
  expect(decodeFrame(encodeKeyframe(sent), [])).toEqual({ kind: 'keyframe', ...sent });
});

test('changed or random bytes are read or refused, never anything else', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.tuple(keyframe, fc.nat(), fc.nat(255)).map(([sent, place, byte]) => {
      const encoded = encodeKeyframe(sent);
      encoded[place % encoded.length] = byte;
      return encoded;
    }),
  );
  fc.assert(
    fc.property(bytes, counts, (input, keyCounts) => {
      try {
        decodeFrame(input, keyCounts);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 300 },
  );
});

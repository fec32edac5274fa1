import { deflateRawSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { limits } from '../limits.ts';
import { headlineKeys } from '../metrics/catalogue.ts';
import { hostStatuses, priorities } from '../model/host.ts';
import { encodeBackfill } from './backfill.ts';
import { codingOf } from './code-diff.ts';
import { decodePart } from './decode.ts';
import { encodeDelta, type DeltaInput, type DeltaLayout } from './delta.ts';
import type { Backfill, PlacedHost } from './frame.ts';
import { encodeKeyframe } from './keyframe.ts';
import { encodePart, splitFrame, type Inflate, type Part, type PartHeader } from './part.ts';

const inflate: Inflate = (stream, bytes) =>
  new Uint8Array(inflateRawSync(stream, { maxOutputLength: bytes }));
const noInflate: Inflate = () => {
  throw new Error('was not compressed');
};
const emptyLayout: DeltaLayout = { size: 0, host: () => undefined };

const header = fc.record({
  channel: fc.nat(),
  offset: fc.maxSafeNat(),
  span: fc.nat(),
  hubTimeMs: fc.integer({ min: 0, max: 4e12 }),
});
const state = {
  timeMs: fc.integer({ min: 0, max: 4e12 }),
  status: fc.constantFrom(...hostStatuses),
  priority: fc.constantFrom(...priorities),
};
/** Both codings, and names that no catalogue has. */
const key = fc.oneof(fc.constantFrom(...headlineKeys), fc.stringMatching(/^[a-z.]{1,12}$/));
const keys = fc.uniqueArray(key, { maxLength: 20 });
const code = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 30_000 }),
  fc.integer({ min: 0, max: 2 ** 51 - 1 }),
);

function codesFor(count: number): fc.Arbitrary<Float64Array> {
  return fc
    .array(code, { minLength: count, maxLength: count })
    .map((codes) => Float64Array.from(codes));
}

const layout: fc.Arbitrary<PlacedHost[]> = fc
  .array(
    keys.chain((hostKeys) =>
      fc.record({
        hostId: fc.stringMatching(/^[a-z0-9]{12}$/),
        keys: fc.constant(hostKeys),
        ...state,
        codes: codesFor(hostKeys.length),
      }),
    ),
    { maxLength: 6 },
  )
  .map((hosts) => hosts.map((host, index) => ({ ...host, index })));

function kindOf(host: PlacedHost): Uint8Array {
  return Uint8Array.from(host.keys, (name) => codingOf(name));
}

function layoutOf(hosts: readonly PlacedHost[]): DeltaLayout {
  return {
    size: hosts.length,
    host: (index) => {
      const host = hosts[index];
      return host && { ...host, codings: kindOf(host) };
    },
  };
}

/** The next state of some hosts. */
function changes(hosts: readonly PlacedHost[]): fc.Arbitrary<DeltaInput['hosts']> {
  return fc.subarray([...hosts]).chain((some) =>
    fc.tuple(
      ...some.map((host) =>
        fc
          .record({
            ...state,
            timeMs: fc.oneof(fc.constant(1_700_000_000_000), state.timeMs),
            next: codesFor(host.codes.length),
            keep: fc.array(fc.boolean(), {
              minLength: host.codes.length,
              maxLength: host.codes.length,
            }),
          })
          .map(({ next, keep, timeMs, status, priority }) => {
            const changed = [...next.keys()].filter(
              (place) => !(keep[place] ?? false) && next[place] !== host.codes[place],
            );
            return {
              index: host.index,
              timeMs,
              status,
              priority,
              changed,
              codes: changed.map((place) => next[place] as number),
              before: { ...host, codings: kindOf(host) },
            };
          }),
      ),
    ),
  );
}

function readOne<K extends Part['kind']>(bytes: Uint8Array, kind: K): Part & { kind: K } {
  const parts = splitFrame(bytes);
  expect(parts).toHaveLength(1);
  expect(parts[0]?.kind).toBe(kind);
  return parts[0] as Part & { kind: K };
}

test('a keyframe comes back as it was sent, compressed or not', () => {
  fc.assert(
    fc.property(header, layout, fc.boolean(), (head, hosts, compress) => {
      const { hubTimeMs } = head;
      const body = encodeKeyframe({
        hubTimeMs,
        size: 12,
        hosts,
        facts: [],
        details: undefined,
      });
      const bytes = encodePart(
        { kind: 'keyframe', ...head },
        body,
        compress ? deflateRawSync(body) : undefined,
      );
      const part = readOne(bytes, 'keyframe');
      expect(part).toMatchObject({ ...head, compressed: compress });
      const decoded = decodePart(part, 7, emptyLayout, compress ? inflate : noInflate);
      expect(decoded).toMatchObject({ epoch: 7, size: 12, offset: head.offset, hubTimeMs });
      expect(decoded).toHaveProperty(
        'hosts',
        hosts.map((host) => ({ ...host, codings: kindOf(host) })),
      );
    }),
  );
});

test('a delta comes back as it was sent, of all hosts or of some', () => {
  const sent = layout.chain((hosts) =>
    fc.tuple(
      header,
      fc.constant(hosts),
      changes(hosts),
      fc.subarray(hosts.map(({ index }) => index)),
    ),
  );
  fc.assert(
    fc.property(sent, ([head, hosts, changed, some]) => {
      const { hubTimeMs } = head;
      const size = hosts.length;
      const delta = encodeDelta({
        hubTimeMs,
        size,
        hosts: changed,
        facts: [],
        details: undefined,
      });
      const expected = changed.map(({ before: _before, ...rest }) => rest);
      const read = (body: Uint8Array | undefined): unknown =>
        body === undefined
          ? []
          : decodePart(
              readOne(encodePart({ kind: 'delta', ...head }, body), 'delta'),
              7,
              layoutOf(hosts),
              noInflate,
            );
      expect(read(delta.body())).toMatchObject(
        changed.length === 0 ? [] : { kind: 'delta', hosts: expected },
      );
      const shown = expected.filter(({ index }) => some.includes(index));
      expect(read(delta.body(some.toReversed()))).toMatchObject(
        shown.length === 0 ? [] : { kind: 'delta', hosts: shown },
      );
    }),
    { numRuns: 300 },
  );
});

test('parts of several channels stand in one frame, each with its own bytes', () => {
  const one = encodePart(
    { kind: 'message', channel: 1, offset: 2, span: 1, hubTimeMs: 3 },
    new TextEncoder().encode('{"한글":1}'),
  );
  const two = encodePart(
    { kind: 'backfill', channel: 2, offset: 0, span: 0, hubTimeMs: 3 },
    Uint8Array.of(9),
  );
  const frame = new Uint8Array([...one, ...two, ...one]);
  expect(splitFrame(frame).map(({ kind, channel }) => [kind, channel])).toEqual([
    ['message', 1],
    ['backfill', 2],
    ['message', 1],
  ]);
  expect(new TextDecoder().decode(splitFrame(frame)[2]?.bytes)).toBe('{"한글":1}');
});

test('a backfill comes back exact', () => {
  const rows: Omit<Backfill, 'kind' | 'channel' | 'epoch' | 'offset' | 'hubTimeMs'> = {
    hostId: 'abcdefghijkl',
    keys: ['system.cpu.utilization', 'x{a="b"}'],
    timesMs: [1_700_000_000_000, 1_700_000_005_000],
    columns: [Float64Array.of(0.1234, Number.NaN), Float64Array.of(Math.PI, 1e300)],
  };
  const head: PartHeader = { kind: 'backfill', channel: 3, offset: 0, span: 0, hubTimeMs: 5 };
  const part = readOne(encodePart(head, encodeBackfill(rows)), 'backfill');
  expect(decodePart(part, 7, emptyLayout, noInflate)).toEqual({
    kind: 'backfill',
    channel: 3,
    epoch: 7,
    offset: 0,
    hubTimeMs: 5,
    ...rows,
  });
});

test('facts and processes travel as they are, and text in them stays text', () => {
  const processes = {
    timeMs: 1,
    rows: [{ pid: 1, name: '<b>한글</b>', user: 'root', cpuUtilization: 0.5, memoryBytes: 3 }],
  };
  const body = encodeKeyframe({
    hubTimeMs: 1,
    size: 0,
    hosts: [],
    facts: [],
    details: { processes },
  });
  const part = readOne(
    encodePart({ kind: 'keyframe', channel: 1, offset: 1, span: 1, hubTimeMs: 1 }, body),
    'keyframe',
  );
  expect(decodePart(part, 1, emptyLayout, noInflate)).toHaveProperty('meta', { processes });
});

test('a compressed body is never larger than it says, nor than a frame may be', () => {
  const read = (size: number, stream: Uint8Array): unknown => {
    const frame = encodePart(
      { kind: 'keyframe', channel: 1, offset: 1, span: 1, hubTimeMs: 1 },
      new Uint8Array(size),
      stream,
    );
    return decodePart(readOne(frame, 'keyframe'), 1, emptyLayout, inflate);
  };
  const bomb = deflateRawSync(new Uint8Array(1_000_000));
  expect(() => read(1_000, bomb)).toThrow('cannot be decompressed');
  expect(() => read(2_000_000, bomb)).toThrow('another size');
  expect(() => read(limits.frameBytes + 1, bomb)).toThrow('body of');
});

test('changed or random bytes are read or refused, never anything else', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.tuple(layout, fc.nat(), fc.nat(255)).map(([hosts, place, byte]) => {
      const body = encodeKeyframe({
        hubTimeMs: 5,
        size: 12,
        hosts,
        facts: [],
        details: undefined,
      });
      const encoded = encodePart(
        { kind: 'keyframe', channel: 1, offset: 1, span: 1, hubTimeMs: 5 },
        body,
      );
      encoded[place % encoded.length] = byte;
      return encoded;
    }),
    layout
      .chain((hosts) => fc.tuple(fc.constant(hosts), changes(hosts), fc.nat(), fc.nat(255)))
      .map(([hosts, changed, place, byte]) => {
        const delta = encodeDelta({
          hubTimeMs: 5,
          size: hosts.length,
          hosts: changed,
          facts: [],
          details: undefined,
        });
        const encoded = encodePart(
          { kind: 'delta', channel: 1, offset: 1, span: 1, hubTimeMs: 5 },
          delta.body() ?? new Uint8Array(3),
        );
        encoded[place % encoded.length] = byte;
        return encoded;
      }),
  );
  fc.assert(
    fc.property(bytes, layout, (input, hosts) => {
      try {
        for (const part of splitFrame(input))
          if (part.kind !== 'message')
            decodePart(part as Part & { kind: 'delta' }, 1, layoutOf(hosts), inflate);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }),
    { numRuns: 300 },
  );
});

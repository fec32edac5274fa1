import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compareMarks,
  countIn,
  missingFrom,
  missingUpTo,
  newestOf,
  nothingReceived,
  raisedTo,
  type Received,
  unionOf,
  withRange,
} from './received.ts';

/** The same as a plain set: batches are `epoch/seq`. */
type Model = Set<string>;
const EPOCHS = [1, 2, 3];
const LAST = 12;

const range = fc
  .record({
    bootEpoch: fc.constantFrom(...EPOCHS),
    first: fc.integer({ min: 1, max: LAST }),
    length: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ bootEpoch, first, length }) => ({
    bootEpoch,
    first,
    last: Math.min(LAST, first + length),
  }));
const mark = fc.record({
  bootEpoch: fc.constantFrom(...EPOCHS),
  seq: fc.integer({ min: 0, max: LAST }),
});
const actions = fc.array(
  fc.oneof(
    range.map((added) => ({ added })),
    mark.map((raised) => ({ raised })),
  ),
  { maxLength: 12 },
);

function add(model: Model, bootEpoch: number, first: number, last: number): void {
  for (let seq = first; seq <= last; seq++) model.add(`${bootEpoch}/${seq}`);
}

function raise(model: Model, to: { bootEpoch: number; seq: number }): void {
  for (const epoch of EPOCHS) {
    if (epoch < to.bootEpoch) add(model, epoch, 1, LAST);
    if (epoch === to.bootEpoch) add(model, epoch, 1, to.seq);
  }
}

function play(steps: readonly object[]): { received: Received; model: Model } {
  let received = nothingReceived;
  const model: Model = new Set();
  for (const step of steps as ({ added: never } | { raised: never })[])
    if ('added' in step) {
      const { bootEpoch, first, last } = step.added as Received['ranges'][number];
      received = withRange(received, { bootEpoch, first, last });
      add(model, bootEpoch, first, last);
    } else {
      received = raisedTo(received, step.raised);
      raise(model, step.raised);
    }
  return { received, model };
}

const each = (visit: (bootEpoch: number, seq: number) => void): void => {
  for (const bootEpoch of EPOCHS) for (let seq = 1; seq <= LAST; seq++) visit(bootEpoch, seq);
};

test('holds what a set of all batches would, in ranges that are in order and apart', () => {
  fc.assert(
    fc.property(actions, (steps) => {
      const { received, model } = play(steps);
      each((bootEpoch, seq) =>
        expect(countIn(received, { bootEpoch, first: seq, last: seq })).toBe(
          model.has(`${bootEpoch}/${seq}`) ? 1 : 0,
        ),
      );
      let before = { bootEpoch: received.bootEpoch, seq: received.seq };
      for (const { bootEpoch, first, last } of received.ranges) {
        expect(last).toBeGreaterThanOrEqual(first);
        const apart = bootEpoch > before.bootEpoch || first > before.seq + 1;
        expect(apart).toBe(true);
        before = { bootEpoch, seq: last };
      }
      expect(newestOf(received)).toEqual(before);
    }),
    { numRuns: 500 },
  );
});

test('counts what is missing up to a mark, and is whole up to it afterwards', () => {
  fc.assert(
    fc.property(actions, mark, (steps, to) => {
      const { received, model } = play(steps);
      let inLast = 0;
      for (let seq = 1; seq <= to.seq; seq++) if (!model.has(`${to.bootEpoch}/${seq}`)) inLast++;
      const missing = missingUpTo(received, to);
      expect(missing).toBeGreaterThanOrEqual(inLast);
      if (compareMarks(to, received) <= 0) expect(missing).toBe(0);
      expect(missingUpTo(raisedTo(received, to), to)).toBe(0);
    }),
    { numRuns: 500 },
  );
  const received = withRange(
    withRange(
      { bootEpoch: 1, seq: 10, ranges: [] },
      {
        bootEpoch: 1,
        first: 20,
        last: 30,
      },
    ),
    { bootEpoch: 2, first: 3, last: 5 },
  );
  // 11–19 of the first epoch; 1, 2 and 6 of the second.
  expect(missingUpTo(received, { bootEpoch: 2, seq: 6 })).toBe(12);
});

test('one and the other together, and what of one the other lacks', () => {
  fc.assert(
    fc.property(actions, actions, (one, two) => {
      const a = play(one);
      const b = play(two);
      const union = unionOf(a.received, b.received);
      each((bootEpoch, seq) => {
        const name = `${bootEpoch}/${seq}`;
        const isThere = countIn(union, { bootEpoch, first: seq, last: seq }) === 1;
        expect(isThere).toBe(a.model.has(name) || b.model.has(name));
      });
      expect(missingFrom(a.received, union)).toBe(0);
    }),
    { numRuns: 500 },
  );
});

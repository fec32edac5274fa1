/**
 * Which batches of an agent are there: all up to a mark, and ranges after it. An agent that was cut off sends what it
 * measures now first and the past beside it, so what is stored has holes, which close as the past arrives.
 */
import * as v from 'valibot';
import { limits } from '../limits.ts';

/** Identity of a batch within one agent; also its place in the order of all its batches. */
export interface BatchMark {
  /** Grows with every start of the agent. */
  readonly bootEpoch: number;
  /** Grows by one with every batch. */
  readonly seq: number;
}

/** Batches of one boot epoch, from `first` to `last`. */
export interface BatchRange {
  readonly bootEpoch: number;
  readonly first: number;
  readonly last: number;
}

export interface Received extends BatchMark {
  /** Ascending, apart from each other, all after the mark. */
  readonly ranges: readonly BatchRange[];
}

const whole: v.GenericSchema<number> = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.maxValue(Number.MAX_SAFE_INTEGER),
);

const ranges: v.GenericSchema<readonly BatchRange[]> = v.pipe(
  v.array(v.object({ bootEpoch: whole, first: whole, last: whole })),
  v.maxLength(limits.receivedRanges),
);

export const markEntries: { readonly bootEpoch: typeof whole; readonly seq: typeof whole } = {
  bootEpoch: whole,
  seq: whole,
};
export const receivedEntries: typeof markEntries & { readonly ranges: typeof ranges } = {
  ...markEntries,
  ranges,
};
export const batchMarkSchema: v.GenericSchema<BatchMark> = v.object(markEntries);
export const receivedSchema: v.GenericSchema<Received> = v.object(receivedEntries);

export const nothingReceived: Received = { bootEpoch: 0, seq: 0, ranges: [] };

/** Negative when a is older than b. */
export function compareMarks(a: BatchMark, b: BatchMark): number {
  return a.bootEpoch - b.bootEpoch || a.seq - b.seq;
}

const lastOf = ({ bootEpoch, last }: BatchRange): BatchMark => ({ bootEpoch, seq: last });

/** The newest batch that is there. */
export function newestOf(received: Received): BatchMark {
  const last = received.ranges.at(-1);
  return last ? lastOf(last) : { bootEpoch: received.bootEpoch, seq: received.seq };
}

/** How many batches of the range are there. */
export function countIn(received: Received, { bootEpoch, first, last }: BatchRange): number {
  const total = last - first + 1;
  if (bootEpoch < received.bootEpoch) return total;
  let count = 0;
  if (bootEpoch === received.bootEpoch)
    count = Math.max(0, Math.min(last, received.seq) - first + 1);
  for (const range of received.ranges)
    if (range.bootEpoch === bootEpoch)
      count += Math.max(0, Math.min(last, range.last) - Math.max(first, range.first) + 1);
  return count;
}

/** With the batches of a range, none of which is there yet or all of which may be. */
export function withRange(received: Received, added: BatchRange): Received {
  const { bootEpoch } = added;
  let { first, last } = added;
  if (compareMarks({ bootEpoch, seq: last }, received) <= 0) return received;
  const others: BatchRange[] = [];
  for (const range of received.ranges) {
    const touches =
      range.bootEpoch === bootEpoch && range.first <= last + 1 && range.last >= first - 1;
    if (!touches) {
      others.push(range);
      continue;
    }
    first = Math.min(first, range.first);
    last = Math.max(last, range.last);
  }
  if (bootEpoch === received.bootEpoch && first <= received.seq + 1)
    return { bootEpoch, seq: last, ranges: others };
  others.push({ bootEpoch, first, last });
  others.sort((a, b) => a.bootEpoch - b.bootEpoch || a.first - b.first);
  return { bootEpoch: received.bootEpoch, seq: received.seq, ranges: others };
}

/** With everything up to `mark`, and with what follows it without a hole. */
export function raisedTo(received: Received, mark: BatchMark): Received {
  if (compareMarks(mark, received) <= 0) return received;
  let seq = mark.seq;
  const ranges: BatchRange[] = [];
  for (const range of received.ranges) {
    if (compareMarks(lastOf(range), mark) <= 0) continue;
    if (range.bootEpoch === mark.bootEpoch && range.first <= seq + 1)
      seq = Math.max(seq, range.last);
    else ranges.push(range);
  }
  return { bootEpoch: mark.bootEpoch, seq, ranges };
}

/**
 * How many batches up to `mark` are not there. Of boot epochs between the two only those are counted that lie before one
 * that is there: how many an epoch had is not known.
 */
export function missingUpTo(received: Received, mark: BatchMark): number {
  let missing = 0;
  let at: BatchMark = received;
  const hole = (bootEpoch: number, upTo: number): number =>
    upTo - (at.bootEpoch === bootEpoch ? at.seq : 0);
  for (const range of received.ranges) {
    const { bootEpoch, first } = range;
    if (compareMarks({ bootEpoch, seq: first }, mark) > 0) break;
    missing += hole(bootEpoch, first - 1);
    at = lastOf(range);
  }
  return compareMarks(mark, at) > 0 ? missing + hole(mark.bootEpoch, mark.seq) : missing;
}

/** Everything that is in one or the other. */
export function unionOf(a: Received, b: Received): Received {
  let union = compareMarks(a, b) >= 0 ? a : b;
  const other = union === a ? b : a;
  for (const range of other.ranges) union = withRange(union, range);
  // Ranges of the other may reach below the mark; those were there already.
  return union;
}

/** How many batches of `a`, as far as their number is known, are not in `b`. */
export function missingFrom(a: Received, b: Received): number {
  let missing = missingUpTo(b, a);
  for (const range of a.ranges) missing += range.last - range.first + 1 - countIn(b, range);
  return missing;
}

/** Grows with each batch that is added, for one mark. */
export function aheadOf(received: { readonly ranges?: readonly BatchRange[] | undefined }): number {
  return (received.ranges ?? []).reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

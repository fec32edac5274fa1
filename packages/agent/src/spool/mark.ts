/** Identity of a batch within one agent; also its place in the order of all its batches. */
export interface Mark {
  readonly bootEpoch: number;
  readonly seq: number;
}

/** Before every batch. */
export const firstMark: Mark = { bootEpoch: 0, seq: 0 };

/** Negative when a is older than b. */
export function compareMarks(a: Mark, b: Mark): number {
  return a.bootEpoch - b.bootEpoch || a.seq - b.seq;
}

export function isAfter(a: Mark, b: Mark): boolean {
  return compareMarks(a, b) > 0;
}

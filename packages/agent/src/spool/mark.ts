import { type BatchMark, compareMarks } from '@openmanager/protocol';

export { compareMarks } from '@openmanager/protocol';

/** Identity of a batch within one agent; also its place in the order of all its batches. */
export type Mark = BatchMark;

/** Before every batch. */
export const firstMark: Mark = { bootEpoch: 0, seq: 0 };

export function isAfter(a: Mark, b: Mark): boolean {
  return compareMarks(a, b) > 0;
}

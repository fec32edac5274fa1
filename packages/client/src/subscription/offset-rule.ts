import type { Cursor } from '@openmanager/protocol';

export interface Position {
  readonly epoch: number;
  readonly offset: number;
  /** Offsets up to and with `offset` that it makes up for. */
  readonly span: number;
  /** A keyframe or snapshot: complete in itself. */
  readonly isState: boolean;
}

/**
 * What to do with a part: state is always taken over; a change only when it follows on what was applied. What is
 * older was applied already; what does not reach down to it shows a hole. While state is awaited, changes cannot be
 * applied and are no hole either.
 */
export function judge(
  cursor: Cursor | undefined,
  awaitsState: boolean,
  position: Position,
): 'apply' | 'ignore' | 'hole' {
  if (position.isState) return 'apply';
  if (awaitsState) return 'ignore';
  if (!cursor || leavesOut(cursor, position)) return 'hole';
  return position.offset > cursor.offset ? 'apply' : 'ignore';
}

/** Whether something between the cursor and the position is neither applied nor made up for. */
export function leavesOut(
  cursor: Cursor,
  { epoch, offset, span }: Omit<Position, 'isState'>,
): boolean {
  return cursor.epoch !== epoch || offset - span > cursor.offset;
}

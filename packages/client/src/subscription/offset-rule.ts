import type { Cursor } from '@openmanager/protocol';

export interface Position {
  readonly epoch: number;
  readonly offset: number;
  /** A keyframe or snapshot: complete in itself. */
  readonly isState: boolean;
}

/**
 * What to do with a frame or message: state is always taken over; a change only when it follows on what was
 * applied. What is older was applied already; what is newer shows a hole. While state is awaited, changes
 * cannot be applied and are no hole either.
 */
export function judge(
  cursor: Cursor | undefined,
  awaitsState: boolean,
  position: Position,
): 'apply' | 'ignore' | 'hole' {
  if (position.isState) return 'apply';
  if (awaitsState) return 'ignore';
  if (!cursor || cursor.epoch !== position.epoch || position.offset > cursor.offset + 1)
    return 'hole';
  return position.offset === cursor.offset + 1 ? 'apply' : 'ignore';
}

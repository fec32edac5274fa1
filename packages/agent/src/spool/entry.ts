import type { SeriesSet } from '@openmanager/protocol';
import type { Mark } from './mark.ts';

/** A batch that waits for its acknowledgement. */
export interface Entry {
  readonly mark: Mark;
  /** Time of its newest row, epoch ms. */
  readonly timeMs: number;
  readonly set: SeriesSet;
  /** As it is sent. */
  readonly bytes: Uint8Array;
}

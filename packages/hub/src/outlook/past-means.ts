/** The past of a host as rows of means, read and handed over in slices, so that nothing else waits for long. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SeriesHistory } from '@openmanager/store';

/** Half an hour of five hundred series at two means a minute are 30,000 points. */
const SLICE_MS = 1_800_000;

export interface MeanRow {
  /** End of the step, epoch ms. */
  readonly timeMs: number;
  /** By series key. */
  readonly means: ReadonlyMap<string, number>;
}

/** Ascending; a slice that cannot be read is left out, since what follows can be learned all the same. */
export async function* pastMeans(
  history: Pick<SeriesHistory, 'select'>,
  hostId: string,
  fromMs: number,
  toMs: number,
  stepMs: number,
): AsyncGenerator<MeanRow> {
  const lastMs = Math.floor(toMs / stepMs) * stepMs - 1;
  let startMs = Math.max(0, Math.floor(fromMs / stepMs) * stepMs);
  for (; startMs < lastMs; startMs += SLICE_MS) {
    const rows = await slice(
      history,
      hostId,
      startMs,
      Math.min(lastMs, startMs + SLICE_MS - 1),
      stepMs,
    );
    for (const [timeMs, means] of rows) {
      yield { timeMs, means };
      await nextTurn();
    }
  }
}

async function slice(
  history: Pick<SeriesHistory, 'select'>,
  hostId: string,
  fromMs: number,
  toMs: number,
  stepMs: number,
): Promise<readonly (readonly [timeMs: number, means: Map<string, number>])[]> {
  const rows = new Map<number, Map<string, number>>();
  try {
    const { series } = await history.select({ hostIds: [hostId], fromMs, toMs, stepMs });
    for (const { key, timesMs, mean } of series)
      for (const [at, startMs] of timesMs.entries()) {
        let row = rows.get(startMs + stepMs);
        if (!row) rows.set(startMs + stepMs, (row = new Map<string, number>()));
        row.set(key, mean[at] as number);
      }
  } catch {
    return [];
  }
  return [...rows].toSorted(([a], [b]) => a - b);
}

/** A number that grows with every start, even when the clock was set back in between. */
import { join } from 'node:path';
import { readStateFile, writeStateFile } from './state-file.ts';

const MAX_EPOCH = 8.64e15;

export function nextBootEpoch(stateFolder: string, nowMs: number): number {
  const path = join(stateFolder, 'boot-epoch');
  const last = Number(readStateFile(path) ?? 0);
  // A damaged file is no reason not to start: the clock is nearly always right.
  const after = Number.isSafeInteger(last) && last >= 0 && last < MAX_EPOCH ? last + 1 : 0;
  const epoch = Math.max(nowMs, after);
  writeStateFile(path, `${epoch}\n`);
  return epoch;
}

export function saveBootEpoch(stateFolder: string, epoch: number): void {
  writeStateFile(join(stateFolder, 'boot-epoch'), `${epoch}\n`);
}

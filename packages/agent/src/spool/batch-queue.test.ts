import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeBatch, encodeBatch, seriesSet } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BatchQueue } from './batch-queue.ts';
import { DiskSpool } from './disk-spool.ts';
import type { Entry } from './entry.ts';
import { firstMark, type Mark } from './mark.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'queue-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const set = seriesSet(['a']);
function entry(seq: number, bootEpoch = 1): Entry {
  const mark = { bootEpoch, seq };
  return {
    mark,
    timeMs: seq,
    set,
    bytes: encodeBatch({ ...mark, setId: set.id, timesMs: [seq], columns: [Float64Array.of(seq)] }),
  };
}
const onDisk = (): number => readdirSync(folder).length;
const spool = (): DiskSpool => new DiskSpool({ folder, now: () => 0 });

function marks(queue: BatchQueue): Mark[] {
  const found: Mark[] = [];
  for (let next = queue.after(firstMark); next; next = queue.after(next.mark))
    found.push(next.mark);
  return found;
}

it('writes nothing while batches are acknowledged within a moment', () => {
  const queue = new BatchQueue({ spool, spoolAfterMs: 2_000 });
  for (let seq = 1; seq <= 50; seq++) {
    queue.push(entry(seq), seq * 1000, true);
    queue.settle({ bootEpoch: 1, seq: seq - 1, ranges: [] });
  }
  expect(onDisk()).toBe(0);
  expect(marks(queue)).toEqual([{ bootEpoch: 1, seq: 50 }]);
});

it('goes to disk at once while the hub is away, and when it does not answer for a moment', () => {
  const queue = new BatchQueue({ spool, spoolAfterMs: 2_000 });
  queue.push(entry(1), 0, false);
  expect(queue.memoryEntries).toBe(0);
  queue.push(entry(2), 1_000, true);
  queue.push(entry(3), 2_000, true);
  expect(queue.memoryEntries).toBe(2);
  queue.spillOld(2_900);
  expect(queue.memoryEntries).toBe(2);
  queue.spillOld(3_100);
  expect(queue.memoryEntries).toBe(0);
  queue.push(entry(4), 3_200, true);
  expect(queue.memoryEntries).toBe(1);
  expect(marks(queue).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
});

it('without a disk keeps the newest that fit into memory, and counts the rest', () => {
  const queue = new BatchQueue({ spool: undefined, memoryBytes: 10_000 });
  for (let seq = 1; seq <= 500; seq++) {
    queue.push(entry(seq), 0, false);
    expect(queue.memoryBytes).toBeLessThanOrEqual(10_000);
  }
  const left = marks(queue);
  expect(left.at(-1)?.seq).toBe(500);
  expect(queue.dropped).toBe(500 - left.length);
});

it('falls back to memory when the disk refuses, says so once, and loses nothing that fits', () => {
  const errors: (Error | undefined)[] = [];
  const queue = new BatchQueue({
    spool,
    spoolAfterMs: 0,
    onSpoolError: (error) => errors.push(error),
  });
  rmSync(folder, { recursive: true });
  for (let seq = 1; seq <= 5; seq++) queue.push(entry(seq), seq * 1000, false);
  expect(errors).toHaveLength(1);
  expect(existsSync(folder)).toBe(false);
  expect(marks(queue).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
});

it('spools what is left when it closes, for the next start', () => {
  const queue = new BatchQueue({ spool });
  for (let seq = 1; seq <= 3; seq++) queue.push(entry(seq), 0, true);
  queue.settle({ bootEpoch: 1, seq: 1, ranges: [] });
  queue.close();
  expect(marks(new BatchQueue({ spool })).map(({ seq }) => seq)).toEqual([2, 3]);
});

it('gives batches of one boot epoch another, on disk and in memory', () => {
  const queue = new BatchQueue({ spool });
  queue.push(entry(1, 5), 0, true);
  queue.spill(0);
  queue.push(entry(2, 5), 0, true);
  queue.restamp(5, 100, 0);
  const found = marks(queue);
  expect(found).toEqual([
    { bootEpoch: 100, seq: 1 },
    { bootEpoch: 100, seq: 2 },
  ]);
  const last = queue.after({ bootEpoch: 100, seq: 1 }) as Entry;
  expect(decodeBatch(last.bytes)).toMatchObject({
    bootEpoch: 100,
    seq: 2,
    timesMs: [2],
    columns: [Float64Array.of(2)],
  });
});

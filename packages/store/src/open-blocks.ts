/**
 * The blocks that rows are being added to. A block is written anew with each commit that adds to it: as long as
 * it is about a page long, that costs the disk no more than a row of its own would, and it reads far better.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { encodeBlock, viewBlock, WINDOW_MS } from './block.ts';
import { blockId } from './database.ts';
import { StoreError } from './metric-store.ts';

/**
 * Values held in memory, in all and in one block. In all: beyond it the block used least recently is let go, and
 * read back when needed. In one block: room for 10,000 series every second; more is refused.
 */
export const MAX_HELD_VALUES = 4_000_000;

interface OpenBlock {
  readonly host: number;
  readonly set: number;
  readonly window: number;
  readonly timesMs: number[];
  readonly columns: number[][];
  /** Values that are not NaN, now and in the stored version. */
  samples: number;
  storedSamples: number;
  changed: boolean;
}

export class OpenBlocks {
  private readonly database: DatabaseSync;
  /** The block used least recently comes first. */
  private readonly blocks = new Map<string, OpenBlock>();
  private readonly select: StatementSync;
  private readonly upsert: StatementSync;
  private readonly addSamples: StatementSync;
  private heldValues = 0;

  constructor(database: DatabaseSync) {
    this.database = database;
    this.select = database.prepare(`SELECT samples, data FROM block WHERE id = ${blockId}`);
    this.upsert = database.prepare(
      `INSERT INTO block (id, samples, data) VALUES (${blockId}, ?4, ?5)
       ON CONFLICT (id) DO UPDATE SET samples = excluded.samples, data = excluded.data`,
    );
    this.addSamples = database.prepare(
      "UPDATE counter SET value = value + ? WHERE name = 'samples'",
    );
  }

  get held(): number {
    return this.heldValues;
  }

  /** Adds one row, given as a place in `values`, which holds column after column of `rows` values. */
  add(
    host: number,
    set: number,
    width: number,
    window: number,
    timeMs: number,
    values: Float64Array,
    row: number,
    rows: number,
  ): void {
    const block = this.open(host, set, width, window);
    const { timesMs, columns } = block;
    const at = placeOf(timesMs, timeMs);
    // The first row of a time wins, as the first sample of a batch that was sent twice does.
    if (timesMs[at] === timeMs) return;
    if ((timesMs.length + 1) * width > MAX_HELD_VALUES)
      throw new StoreError(
        'overloaded',
        `more than ${MAX_HELD_VALUES} values within ${WINDOW_MS / 1000} s`,
      );
    const last = at === timesMs.length;
    if (last) timesMs.push(timeMs);
    else timesMs.splice(at, 0, timeMs);
    for (let place = 0; place < width; place++) {
      const value = values[place * rows + row] as number;
      const column = columns[place] as number[];
      if (last) column.push(value);
      else column.splice(at, 0, value);
      if (!Number.isNaN(value)) block.samples++;
    }
    block.changed = true;
    this.heldValues += width;
  }

  private open(host: number, set: number, width: number, window: number): OpenBlock {
    const name = `${host}/${set}/${window}`;
    const held = this.blocks.get(name);
    if (held) {
      this.blocks.delete(name);
      this.blocks.set(name, held);
      return held;
    }
    const block = this.read(host, set, width, window);
    this.blocks.set(name, block);
    this.heldValues += block.timesMs.length * width;
    for (const [oldName, old] of this.blocks) {
      if (this.heldValues <= MAX_HELD_VALUES || old === block) break;
      this.write(old);
      this.letGo(oldName, old);
    }
    return block;
  }

  private read(host: number, set: number, width: number, window: number): OpenBlock {
    const block = { host, set, window, samples: 0, storedSamples: 0, changed: false };
    const fresh = (): OpenBlock => ({
      ...block,
      timesMs: [],
      columns: Array.from({ length: width }, () => []),
    });
    const row = this.select.get(host, window, set);
    if (!row) return fresh();
    const samples = Number(row['samples']);
    try {
      const view = viewBlock(row['data'] as Uint8Array, window, width);
      const columns = Array.from({ length: width }, (_, place) => [...view.column(place)]);
      return { ...block, samples, storedSamples: samples, timesMs: [...view.timesMs], columns };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // What comes in must not wait for a block that can never be read: it is laid aside as it is.
      this.database
        .prepare(
          `INSERT INTO damaged SELECT id, data FROM block WHERE id = ${blockId} ON CONFLICT DO NOTHING`,
        )
        .run(host, window, set);
      this.database.prepare(`DELETE FROM block WHERE id = ${blockId}`).run(host, window, set);
      this.addSamples.run(-samples);
      return fresh();
    }
  }

  private write(block: OpenBlock): void {
    if (!block.changed) return;
    const { host, set, window, timesMs, columns } = block;
    const data = encodeBlock(window, timesMs, columns);
    this.upsert.run(host, window, set, block.samples, data);
    this.addSamples.run(block.samples - block.storedSamples);
    block.storedSamples = block.samples;
    block.changed = false;
  }

  /** Writes every block that was added to. */
  flush(): void {
    for (const block of this.blocks.values()) this.write(block);
  }

  /** Lets go of everything of the host before a window; nothing may be waiting to be written. */
  forget(host: number, beforeWindow: number): void {
    for (const [name, block] of this.blocks)
      if (block.host === host && block.window < beforeWindow) this.letGo(name, block);
  }

  private letGo(name: string, block: OpenBlock): void {
    this.blocks.delete(name);
    this.heldValues -= block.timesMs.length * block.columns.length;
  }

  /** After a rollback: what is held is not what is stored. */
  clear(): void {
    this.blocks.clear();
    this.heldValues = 0;
  }
}

/** Where the time is, or belongs, among ascending times. */
function placeOf(timesMs: readonly number[], timeMs: number): number {
  let high = timesMs.length;
  if (high === 0 || (timesMs[high - 1] as number) < timeMs) return high;
  let low = 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesMs[middle] as number) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

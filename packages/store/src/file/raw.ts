/** Reads what is stored of one host, window and set: the chunk, and the head with the newest rows beside it. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { ChunkView } from '../chunk/chunk.ts';
import { DamagedCode } from '../chunk/damaged-code.ts';
import { RAW_WINDOW_MS, rawId } from './layout.ts';

export type RawTable = 'chunk' | 'head';
export const rawTables: readonly RawTable[] = ['chunk', 'head'];

/** Undefined when the bytes are not those of a chunk of this window and width. */
export function viewRaw(bytes: Uint8Array, window: number, width: number): ChunkView | undefined {
  try {
    const view = new ChunkView(bytes, window, window * RAW_WINDOW_MS);
    return view.width === width ? view : undefined;
  } catch (error) {
    if (error instanceof DamagedCode) return undefined;
    throw error;
  }
}

export interface RawRow {
  readonly samples: number;
  readonly view: ChunkView | undefined;
}

export class RawReader {
  readonly #select: { readonly [T in RawTable]: StatementSync };

  constructor(database: DatabaseSync) {
    const prepare = (table: RawTable): StatementSync =>
      database.prepare(`SELECT samples, data FROM ${table} WHERE id = ${rawId}`);
    this.#select = { chunk: prepare('chunk'), head: prepare('head') };
  }

  /** Undefined when there is none; without a view when it is damaged. */
  read(
    table: RawTable,
    host: number,
    window: number,
    set: number,
    width: number,
  ): RawRow | undefined {
    const row = this.#select[table].get(host, window, set);
    if (!row) return undefined;
    return {
      samples: Number(row['samples']),
      view: viewRaw(row['data'] as Uint8Array, window, width),
    };
  }
}

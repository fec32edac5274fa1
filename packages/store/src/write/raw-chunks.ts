/** Chunks and heads of samples in the database, and how many samples they hold. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { ChunkView } from '../chunk/chunk.ts';
import { DamagedCode } from '../chunk/damaged-code.ts';
import type { RawPlace } from '../file/host.ts';
import { rawId } from '../file/layout.ts';
import { RawReader, type RawTable } from '../file/raw.ts';

export class RawChunks {
  /** Chunks and heads quarantined by this process. */
  damaged = 0;
  readonly #database: DatabaseSync;
  readonly #reader: RawReader;
  readonly #upsert: { readonly [T in RawTable]: StatementSync };
  readonly #remove: { readonly [T in RawTable]: StatementSync };
  readonly #addToCounter: StatementSync;
  /** Samples added in this transaction that are not counted in the database yet. */
  #samplesAdded = 0;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#reader = new RawReader(database);
    const upsert = (table: RawTable): StatementSync =>
      database.prepare(
        `INSERT INTO ${table} (id, samples, data) VALUES (${rawId}, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET samples = excluded.samples, data = excluded.data`,
      );
    const remove = (table: RawTable): StatementSync =>
      database.prepare(`DELETE FROM ${table} WHERE id = ${rawId}`);
    this.#upsert = { chunk: upsert('chunk'), head: upsert('head') };
    this.#remove = { chunk: remove('chunk'), head: remove('head') };
    this.#addToCounter = database.prepare(
      'INSERT INTO counter VALUES (?2, ?1) ON CONFLICT DO UPDATE SET value = value + ?1',
    );
  }

  put(table: RawTable, { host, window, set }: RawPlace, samples: number, data: Uint8Array): void {
    this.#upsert[table].run(host, window, set, samples, data);
  }

  remove(table: RawTable, { host, window, set }: RawPlace): void {
    this.#remove[table].run(host, window, set);
  }

  /** What is stored, verified as a whole. What cannot be decoded is quarantined, so that it never blocks new rows. */
  read<T>(
    table: RawTable,
    place: RawPlace,
    read: (view: ChunkView) => T,
  ): { readonly value: T; readonly samples: number } | undefined {
    const { host, window, set, width } = place;
    const row = this.#reader.read(table, host, window, set, width);
    if (!row) return undefined;
    if (row.view) {
      try {
        row.view.verify();
        return { value: read(row.view), samples: row.samples };
      } catch (error) {
        if (!(error instanceof DamagedCode)) throw error;
      }
    }
    this.#quarantine(table, place);
    return undefined;
  }

  #quarantine(table: RawTable, { host, window, set }: RawPlace): void {
    this.#database
      .prepare(
        `INSERT INTO damaged (source, id, found_ms, data) SELECT '${table}', id, ?4, data FROM ${table} WHERE id = ${rawId}
         ON CONFLICT DO NOTHING`,
      )
      .run(host, window, set, Date.now());
    const { samples } = this.#database
      .prepare(`SELECT samples FROM ${table} WHERE id = ${rawId}`)
      .get(host, window, set) as { samples: number };
    this.#remove[table].run(host, window, set);
    this.#samplesAdded -= samples;
    this.damaged++;
  }

  /** Counted with the next flush. */
  addSamples(by: number): void {
    this.#samplesAdded += by;
  }

  count(name: string, by: number): void {
    if (by !== 0) this.#addToCounter.run(by, name);
  }

  flush(): void {
    this.count('samples', this.#samplesAdded);
    this.#samplesAdded = 0;
  }

  /** After a rollback. */
  clear(): void {
    this.#samplesAdded = 0;
  }
}

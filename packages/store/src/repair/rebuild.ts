/**
 * Reads everything that is whole out of a database file, verified by the checksums of chunks and rows, and puts it into a
 * new one; without a new one it only says what it found.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { ChunkView } from '../chunk/chunk.ts';
import { DamagedCode } from '../chunk/damaged-code.ts';
import { MAX_SETS, MAX_WINDOWS, RAW_WINDOW_MS, stripesOf, TIER_ROWS } from '../file/layout.ts';
import { viewRaw } from '../file/raw.ts';
import { CATALOGUE, catalogueKey, rowSum, type CatalogueRecord } from '../file/row-sums.ts';
import { figuresOf, stripeWidth } from '../tiers/rollup-chunk.ts';
import type { Row, Value } from './btree-page.ts';
import type { Finding, SalvageReport } from './finding.ts';
import type { Pages } from './pages.ts';
import { Salvage, type LostSpan } from './salvage.ts';
import { readSchema, tierBucketMs, type Schema } from './schema.ts';

const MAX_FINDINGS = 1000;
/** Most hosts that are named where a span of ids is lost. */
const MAX_NAMED = 100;

interface FoundHost {
  readonly number: number;
  readonly hostId: string;
  readonly bootEpoch: number;
  readonly seq: number;
}

interface FoundSet {
  readonly host: number;
  readonly number: number;
  readonly setId: string;
  readonly keys: readonly string[];
  readonly firstStripe: number;
  first: number;
  last: number;
  /** From its copy: its windows are those of the chunks that are found. */
  readonly isCopy: boolean;
}

export class Rebuild {
  readonly #salvage: Salvage;
  readonly #schema: Schema;
  readonly #target: DatabaseSync | undefined;
  readonly #pages: Pages;
  readonly #findings: Finding[] = [];
  #more = 0;
  readonly #hosts = new Map<number, FoundHost>();
  readonly #sets = new Map<string, FoundSet>();
  readonly #records = new Map<string, [collection: string, key: string, value: string]>();
  readonly #removed = new Set<number>();
  readonly #counters = new Map<string, number>();
  readonly #lostTiers = new Set<string>();
  #chunks = 0;
  #buckets = 0;
  #samples = 0;

  constructor(pages: Pages, target: DatabaseSync | undefined) {
    this.#pages = pages;
    this.#target = target;
    this.#salvage = new Salvage(pages);
    this.#schema = readSchema(pages);
    if (this.#schema.guessed.length > 0)
      this.#find({ kind: 'schema', tables: this.#schema.guessed });
  }

  run(onProgress?: (done: number, all: number) => void): SalvageReport {
    this.#salvage.onProgress = onProgress;
    this.#readCatalogue();
    for (const table of ['chunk', 'head'] as const) this.#readChunks(table);
    for (const name of this.#schema.tables.keys())
      if (tierBucketMs(name) !== undefined) this.#readTier(name);
    this.#readNotes();
    this.#writeCatalogue();
    return {
      findings: this.#findings,
      more: this.#more,
      kept: {
        hosts: this.#hosts.size,
        series: [...this.#sets.values()].reduce((sum, { keys }) => sum + keys.length, 0),
        chunks: this.#chunks,
        buckets: this.#buckets,
        records: this.#records.size,
      },
      logIgnored: this.#pages.logIgnored,
    };
  }

  #find(finding: Finding): void {
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push(finding);
    else this.#more++;
  }

  /** Rows of a table, each at most once; what could not be read goes to `onLost`. */
  *#rows(name: string, onLost: (span: LostSpan) => void): Generator<Row, void> {
    const table = this.#schema.tables.get(name);
    if (table) yield* this.#salvage.rows(table);
    else onLost({ table: name, after: undefined, upTo: undefined });
    for (const span of this.#salvage.lost.splice(0)) onLost(span);
  }

  #insert(sql: string): StatementSync | undefined {
    return this.#target?.prepare(sql);
  }

  #readCatalogue(): void {
    for (const { rowid } of this.#rows('removed_host', () => this.#note('removed_host')))
      this.#removed.add(Number(rowid));
    let hostLost = false;
    for (const { rowid, values } of this.#rows('host', () => (hostLost = true))) {
      const [, hostId, bootEpoch, seq, sum] = values;
      const number = Number(rowid);
      if (typeof hostId !== 'string' || !isWhole(bootEpoch) || !isWhole(seq)) hostLost = true;
      else if (isSummed(values, 4) && sum !== rowSum([number, hostId, bootEpoch, seq]))
        this.#find({ kind: 'host', hostId });
      else if (!this.#hosts.has(number))
        this.#hosts.set(number, { number, hostId, bootEpoch, seq });
    }
    for (const { values } of this.#rows('record', () =>
      this.#find({ kind: 'records', collection: undefined, key: undefined }),
    ))
      this.#readRecord(values);
    let setLost = false;
    for (const { values } of this.#rows('series_set', () => (setLost = true)))
      if (!this.#readSet(values)) setLost = true;
    this.#fromCopies(hostLost, setLost);
    for (const number of this.#removed)
      if (this.#hosts.has(number)) {
        this.#note('removed_host');
        this.#removed.delete(number);
      }
  }

  #readRecord(values: readonly Value[]): void {
    const [collection, key, value, sum] = values;
    if (typeof collection !== 'string' || typeof key !== 'string' || typeof value !== 'string')
      return this.#find({ kind: 'records', collection: undefined, key: undefined });
    const name = `${collection}\u0000${key}`;
    if (this.#records.has(name)) return;
    if ((isSummed(values, 3) && sum !== rowSum([collection, key, value])) || !isJson(value))
      return this.#find({ kind: 'records', collection, key });
    this.#records.set(name, [collection, key, value]);
  }

  #readSet(values: readonly Value[]): boolean {
    const [host, number, setId, keysText, first, last, firstStripe, sum] = values;
    if (
      !isWhole(host) ||
      !isWhole(number) ||
      typeof setId !== 'string' ||
      typeof keysText !== 'string' ||
      typeof first !== 'number' ||
      typeof last !== 'number' ||
      !isWhole(firstStripe)
    )
      return false;
    const columns = [host, number, setId, keysText, first, last, firstStripe];
    if (isSummed(values, 7) && sum !== rowSum(columns)) return false;
    const keys = keysOf(keysText);
    const name = catalogueKey(host, number);
    if (!keys || this.#sets.has(name)) return keys !== undefined;
    this.#sets.set(name, { host, number, setId, keys, firstStripe, first, last, isCopy: false });
    return true;
  }

  /** Hosts and sets whose own row is damaged, from the second place where they are. */
  #fromCopies(hostLost: boolean, setLost: boolean): void {
    const missing = new Set<string>();
    let found = false;
    for (const [collection, key, value] of this.#records.values()) {
      if (collection !== CATALOGUE) continue;
      const [host, number] = key.split('/').map(Number);
      const copy = JSON.parse(value) as Partial<CatalogueRecord>;
      if (!isWhole(host) || !isWhole(number) || this.#removed.has(host)) continue;
      const { hostId, setId, keys, firstStripe } = copy;
      if (hostId === undefined || setId === undefined || !keys || !isWhole(firstStripe)) continue;
      if (!this.#hosts.has(host)) {
        this.#hosts.set(host, { number: host, hostId, bootEpoch: 0, seq: 0 });
        missing.add(hostId);
      }
      if (this.#sets.has(key)) continue;
      found = true;
      this.#find({ kind: 'set', hostId, isKept: true });
      const [first, last] = [Number.MAX_SAFE_INTEGER, -1];
      this.#sets.set(key, { host, number, setId, keys, firstStripe, first, last, isCopy: true });
    }
    for (const hostId of missing) this.#find({ kind: 'host', hostId });
    if (hostLost && missing.size === 0) this.#find({ kind: 'host', hostId: undefined });
    if (setLost && !found) this.#find({ kind: 'set', hostId: undefined, isKept: false });
    for (const [name, set] of this.#sets) {
      if (this.#hosts.has(set.host) || this.#removed.has(set.host)) continue;
      this.#find({ kind: 'set', hostId: undefined, isKept: false });
      this.#sets.delete(name);
    }
  }

  #readChunks(table: 'chunk' | 'head'): void {
    const insert = this.#insert(`INSERT OR IGNORE INTO ${table} VALUES (?, ?, ?)`);
    const seen = new Set<bigint>();
    const lost = (span: LostSpan): void => this.#lostSamples(span);
    for (const { rowid, values } of this.#rows(table, lost)) {
      const [, samples, data] = values;
      const host = Number(rowid >> 43n);
      const window = Number((rowid >> 16n) & BigInt(MAX_WINDOWS - 1));
      const set = this.#sets.get(catalogueKey(host, Number(rowid & BigInt(MAX_SETS - 1))));
      if (this.#removed.has(host)) continue;
      const view =
        set && data instanceof Uint8Array ? viewRaw(data, window, set.keys.length) : undefined;
      const isKnown = set && (set.isCopy || (window >= set.first && window <= set.last));
      if (!isKnown || !isWhole(samples) || !view || !isWholeChunk(view)) {
        this.#lostWindow(host, window, window);
        continue;
      }
      if (seen.has(rowid)) continue;
      seen.add(rowid);
      if (set.isCopy) widen(set, window, window);
      // The number stands beside the chunk, without a sum of its own. A check compares the total.
      const counted = insert ? samplesIn(view) : samples;
      if (counted !== samples) this.#note(table);
      insert?.run(rowid, counted, data as Uint8Array);
      this.#chunks++;
      this.#samples += counted;
    }
  }

  #lostWindow(host: number, first: number, last: number): void {
    this.#find({
      kind: 'samples',
      hostId: this.#hosts.get(host)?.hostId,
      fromMs: first * RAW_WINDOW_MS,
      toMs: (last + 1) * RAW_WINDOW_MS - 1,
    });
  }

  /** A page of chunks could not be read: whose they were follows from the ids around it. */
  #lostSamples({ after, upTo }: LostSpan): void {
    const [first, last] = [after ?? -1n, upTo ?? (1n << 63n) - 1n];
    let named = 0;
    for (const { number } of [...this.#hosts.values()].toSorted((a, b) => a.number - b.number)) {
      const base = BigInt(number) << 43n;
      const end = base + (1n << 43n) - 1n;
      if (end <= first || base > last || named >= MAX_NAMED) continue;
      named++;
      const sets = [...this.#sets.values()].filter((set) => set.host === number && set.last >= 0);
      const from = Math.max(
        first < base ? 0 : Number((first >> 16n) & BigInt(MAX_WINDOWS - 1)),
        Math.min(...sets.map((set) => set.first)),
      );
      const to = Math.min(
        last > end ? MAX_WINDOWS : Number((last >> 16n) & BigInt(MAX_WINDOWS - 1)),
        Math.max(...sets.map((set) => set.last)),
      );
      if (from <= to) this.#lostWindow(number, from, to);
    }
    if (named === 0)
      this.#find({ kind: 'samples', hostId: undefined, fromMs: undefined, toMs: undefined });
  }

  #readTier(name: string): void {
    const bucketMs = tierBucketMs(name) as number;
    this.#target?.exec(
      `CREATE TABLE IF NOT EXISTS ${name} (id INTEGER PRIMARY KEY, data BLOB NOT NULL)`,
    );
    const insert = this.#insert(`INSERT OR IGNORE INTO ${name} VALUES (?, ?)`);
    const sets = [...this.#sets.values()].toSorted((a, b) => a.firstStripe - b.firstStripe);
    let damaged = 0;
    let at = 0;
    const windowsOfRaw = (bucketMs * TIER_ROWS) / RAW_WINDOW_MS;
    for (const { rowid, values } of this.#rows(name, () => damaged++)) {
      const stripe = Number(rowid >> 32n);
      const window = Number(rowid & 0xffffffffn);
      while (at > 0 && (sets[at]?.firstStripe ?? Infinity) > stripe) at--;
      while ((sets[at + 1]?.firstStripe ?? Infinity) <= stripe) at++;
      const set = sets[at];
      const index = stripe - (set?.firstStripe ?? 0);
      const data = values[1];
      if (!set || index < 0 || index >= stripesOf(set.keys.length)) {
        // Of a set that went: its buckets are swept with it.
        continue;
      }
      const width = stripeWidth(set.keys.length, index);
      if (!(data instanceof Uint8Array) || !isWholeChunk(viewTier(data, window, width))) {
        damaged++;
        continue;
      }
      if (set.isCopy)
        widen(set, Math.floor(window * windowsOfRaw), Math.ceil((window + 1) * windowsOfRaw) - 1);
      insert?.run(rowid, data);
      this.#buckets++;
    }
    if (damaged === 0) return;
    this.#lostTiers.add(name);
    this.#find({ kind: 'buckets', bucketMs, count: damaged });
  }

  #note(table: string): void {
    if (!this.#findings.some((one) => one.kind === 'notes' && one.table === table))
      this.#find({ kind: 'notes', table });
  }

  /** What the store notes about itself: copied where whole, made anew otherwise. */
  #readNotes(): void {
    for (const { values } of this.#rows('counter', () => this.#note('counter'))) {
      const [name, value] = values;
      if (typeof name === 'string' && isWhole(value)) this.#counters.set(name, value);
      else this.#note('counter');
    }
    for (const table of ['pending', 'removed_before']) {
      const insert = this.#insert(`INSERT OR IGNORE INTO ${table} VALUES (?, ?, ?)`);
      for (const { values } of this.#rows(table, () => this.#note(table))) {
        const [bucketMs, host, window] = values;
        if (!isWhole(bucketMs) || !isWhole(host) || !isWhole(window) || !this.#hosts.has(host))
          this.#note(table);
        else insert?.run(bucketMs, host, window);
      }
    }
    const insert = this.#insert('INSERT OR IGNORE INTO damaged VALUES (?, ?, ?, ?)');
    for (const { values } of this.#rows('damaged', () => this.#note('damaged'))) {
      const [source, id, foundMs, data] = values;
      if (
        typeof source !== 'string' ||
        !isNumber(id) ||
        !isWhole(foundMs) ||
        !(data instanceof Uint8Array)
      )
        this.#note('damaged');
      else insert?.run(source, id, foundMs, data);
    }
  }

  #writeCatalogue(): void {
    const stripes = [...this.#sets.values()].reduce(
      (next, { firstStripe, keys }) => Math.max(next, firstStripe + stripesOf(keys.length)),
      1,
    );
    if ((this.#counters.get('stripes') ?? 0) < stripes) this.#note('counter');
    if (this.#counters.get('samples') !== this.#samples && this.#findings.length === 0)
      this.#note('counter');
    const target = this.#target;
    if (!target) return;
    const putHost = target.prepare('INSERT OR IGNORE INTO host VALUES (?, ?, ?, ?, ?)');
    for (const { number, hostId, bootEpoch, seq } of this.#hosts.values())
      putHost.run(number, hostId, bootEpoch, seq, rowSum([number, hostId, bootEpoch, seq]));
    const putSet = target.prepare('INSERT INTO series_set VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    const putRecord = target.prepare('INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)');
    for (const [name, set] of this.#sets) {
      const { host, number, setId, keys, first, last, firstStripe } = set;
      const columns = [host, number, setId, JSON.stringify(keys), first, last, firstStripe];
      putSet.run(...columns, rowSum(columns));
      const hostId = this.#hosts.get(host)?.hostId;
      if (hostId === undefined) continue;
      const copy = JSON.stringify({ hostId, setId, keys, firstStripe } satisfies CatalogueRecord);
      this.#records.set(`${CATALOGUE}\u0000${name}`, [CATALOGUE, name, copy]);
    }
    for (const columns of this.#records.values()) putRecord.run(...columns, rowSum(columns));
    const putRemoved = target.prepare('INSERT INTO removed_host VALUES (?)');
    for (const number of this.#removed) putRemoved.run(number);
    const putCounter = target.prepare('INSERT OR REPLACE INTO counter VALUES (?, ?)');
    for (const [name, value] of this.#counters) putCounter.run(name, value);
    putCounter.run('samples', this.#samples);
    putCounter.run('stripes', Math.max(stripes, this.#counters.get('stripes') ?? 0));
    // All of a damaged tier is computed again, from what is finer and kept.
    for (const name of this.#lostTiers)
      target.exec(
        `INSERT OR IGNORE INTO pending SELECT DISTINCT ${tierBucketMs(name) as number}, id >> 43,
           ((id >> 16) & ${MAX_WINDOWS - 1}) * ${RAW_WINDOW_MS} / ${this.#sourceMs(name)}
         FROM (SELECT id FROM chunk UNION ALL SELECT id FROM head)`,
      );
  }

  /** Span of time of the chunks that a tier is made from. */
  #sourceMs(name: string): number {
    const widths = [...this.#schema.tables.keys()]
      .flatMap((table) => tierBucketMs(table) ?? [])
      .toSorted((a, b) => a - b);
    const finer = widths[widths.indexOf(tierBucketMs(name) as number) - 1];
    return finer === undefined ? RAW_WINDOW_MS : finer * TIER_ROWS;
  }
}

function isWhole(value: Value | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isNumber(value: Value | undefined): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Rows of format 2 had no sum, and a row that was never written since its column was added has 0. */
function isSummed(values: readonly Value[], columns: number): boolean {
  return values.length > columns;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function keysOf(text: string): readonly string[] | undefined {
  try {
    const keys: unknown = JSON.parse(text);
    return Array.isArray(keys) && keys.every((key) => typeof key === 'string') ? keys : undefined;
  } catch {
    return undefined;
  }
}

function viewTier(bytes: Uint8Array, window: number, series: number): ChunkView | undefined {
  try {
    const view = new ChunkView(bytes, window, 0);
    figuresOf(view, series);
    return view;
  } catch (error) {
    if (error instanceof DamagedCode) return undefined;
    throw error;
  }
}

function isWholeChunk(view: ChunkView | undefined): boolean {
  try {
    view?.verify();
    return view !== undefined;
  } catch (error) {
    if (error instanceof DamagedCode) return false;
    throw error;
  }
}

/** Of a chunk that is whole. */
function samplesIn(view: ChunkView): number {
  const column = new Float64Array(view.rows);
  let samples = 0;
  for (let place = 0; place < view.width; place++) {
    view.column(place, column, 0);
    for (const value of column) if (!Number.isNaN(value)) samples++;
  }
  return samples;
}

function widen(set: FoundSet, first: number, last: number): void {
  set.first = Math.min(set.first, first);
  set.last = Math.max(set.last, last);
}

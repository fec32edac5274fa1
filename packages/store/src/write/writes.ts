/** What the writer thread does inside a transaction: hosts, their sets, watermarks, rows and records. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { seriesSetId } from '@openmanager/protocol';
import { type Host, placeOf, type SeriesSet } from '../file/host.ts';
import { Heads } from './heads.ts';
import {
  MAX_HOSTS,
  MAX_SETS,
  MAX_STRIPES,
  rawWindowOf,
  stripesOf,
  type Tier,
} from '../file/layout.ts';
import { CATALOGUE, catalogueKey, rowSum, type CatalogueRecord } from '../file/row-sums.ts';
import type { PackedRows, RecordText } from './pack.ts';
import { StoreError } from '../contract/store-error.ts';
import { isNewer, type Watermark, type WatermarkRange } from '../contract/metric-store.ts';
import { Pending } from '../tiers/pending.ts';

/** Collection of records with the ranges of batches after a watermark, by host; there is one only while it has some. */
const RANGES = 'received';

interface ImportedSeries {
  readonly key: string;
  readonly timesMs: number[];
  readonly values: number[];
}

interface Unknown {
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  /** Values that are stored. */
  readonly left: number;
  readonly apart: readonly ImportedSeries[];
}

export class Writes {
  readonly heads: Heads;
  readonly pending: Pending;
  readonly hosts: Map<string, Host> = new Map();
  readonly removed: Set<number> = new Set();
  readonly #database: DatabaseSync;
  readonly #setMark: StatementSync;
  readonly #setWindows: StatementSync;
  readonly #putRecord: StatementSync;
  readonly #removeRecord: StatementSync;
  readonly #changedSets = new Map<SeriesSet, { readonly host: number; readonly setId: string }>();
  /** Raised whenever everything was re-read. */
  loads = 0;
  #stripes = 1;
  #catalogueChanges = 0;

  constructor(database: DatabaseSync, tiers: readonly Tier[]) {
    this.#database = database;
    this.heads = new Heads(database);
    this.pending = new Pending(database, tiers);
    this.#setMark = database.prepare(
      'UPDATE host SET boot_epoch = ?, seq = ?, sum = ? WHERE number = ?',
    );
    this.#setWindows = database.prepare(
      'UPDATE series_set SET first_window = ?, last_window = ?, sum = ? WHERE host = ? AND number = ?',
    );
    this.#putRecord = database.prepare('INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)');
    this.#removeRecord = database.prepare('DELETE FROM record WHERE collection = ? AND key = ?');
    this.load();
  }

  /** Reads hosts and sets anew: at the start, and after a transaction that was rolled back. */
  load(): void {
    this.loads++;
    this.hosts.clear();
    this.removed.clear();
    this.heads.clear();
    this.pending.clear();
    this.#changedSets.clear();
    this.#catalogueChanges = 0;
    const byNumber = new Map<number, Host>();
    const ranges = storedRanges(this.#database);
    for (const row of this.#database.prepare('SELECT * FROM host').all()) {
      const number = Number(row['number']);
      const hostId = String(row['host_id']);
      const mark = {
        bootEpoch: Number(row['boot_epoch']),
        seq: Number(row['seq']),
        ranges: ranges.get(hostId) ?? [],
      };
      const host: Host = { number, hostId, ...mark, sets: new Map(), touchedAtMs: -Infinity };
      byNumber.set(number, host);
      this.hosts.set(hostId, host);
    }
    for (const row of this.#database.prepare('SELECT * FROM series_set').all())
      byNumber.get(Number(row['host']))?.sets.set(String(row['set_id']), {
        number: Number(row['number']),
        keys: JSON.parse(String(row['keys'])) as string[],
        firstStripe: Number(row['first_stripe']),
        firstWindow: Number(row['first_window']),
        lastWindow: Number(row['last_window']),
      });
    for (const row of this.#database.prepare('SELECT number FROM removed_host').all())
      this.removed.add(Number(row['number']));
    const stripes = this.#database
      .prepare("SELECT value FROM counter WHERE name = 'stripes'")
      .get();
    this.#stripes = Number(stripes?.['value']);
  }

  watermarks(): Map<string, Watermark> {
    return new Map(
      [...this.hosts.values()]
        .filter(({ bootEpoch, seq, ranges }) => bootEpoch !== 0 || seq !== 0 || ranges.length > 0)
        .map(({ hostId, bootEpoch, seq, ranges }) => [
          hostId,
          { bootEpoch, seq, ...(ranges.length > 0 && { ranges }) },
        ]),
    );
  }

  /** Returns the values of rows without a watermark that were left out because their time was stored. */
  append({ agentId, mark, setId, keys, ...packed }: PackedRows): number {
    let { timesMs, values } = packed;
    const host = this.hosts.get(agentId) ?? this.#addHost(agentId);
    if (mark && !isNewer(mark, host)) return 0;
    const set = host.sets.get(setId) ?? this.#addSet(host, setId, keys);
    if (set.keys.length !== keys.length || !keys.every((key, place) => key === set.keys[place]))
      throw new StoreError('failed', `set ${setId} of ${agentId} was stored with other series`);
    let [collided, left] = [0, 0];
    let apart: readonly ImportedSeries[] = [];
    if (!mark) {
      const unknown = this.#unknown(host, set, timesMs, values);
      ({ timesMs, values, left, apart } = unknown);
    }
    for (let from = 0; from < timesMs.length;) {
      const window = rawWindowOf(timesMs[from] as number);
      let to = from + 1;
      while (to < timesMs.length && rawWindowOf(timesMs[to] as number) === window) to++;
      collided += this.#addRows(host, setId, set, window, timesMs, values, from, to);
      from = to;
    }
    host.touchedAtMs = performance.now();
    // An import may bring what is there; an agent sends each row once.
    if (!mark) {
      for (const one of apart)
        left += this.append({
          agentId,
          mark,
          setId: seriesSetId([one.key]),
          keys: [one.key],
          timesMs: Float64Array.from(one.timesMs),
          values: Float64Array.from(one.values),
        });
      return left;
    }
    this.heads.count('repeated', collided);
    this.#setMark.run(
      mark.bootEpoch,
      mark.seq,
      rowSum([host.number, host.hostId, mark.bootEpoch, mark.seq]),
      host.number,
    );
    host.bootEpoch = mark.bootEpoch;
    host.seq = mark.seq;
    const { ranges = [] } = mark;
    if (ranges.length > 0) this.#put(RANGES, agentId, JSON.stringify(ranges));
    else if (host.ranges.length > 0) this.#removeRecord.run(RANGES, agentId);
    host.ranges = ranges;
    return 0;
  }

  /**
   * What of an import is not stored yet, in whichever set: value by value, so that none is stored twice. Values of times
   * that have a row already cannot join it: they go to a set of their series alone.
   */
  #unknown(host: Host, set: SeriesSet, timesMs: Float64Array, values: Float64Array): Unknown {
    const rows = timesMs.length;
    const width = set.keys.length;
    const taken = values.slice();
    const apart = new Map<number, ImportedSeries>();
    const places = new Map(set.keys.map((key, place) => [key, place]));
    const sharing = [...host.sets.values()].flatMap((one) => {
      const shared = [...one.keys.entries()].filter(([, key]) => places.has(key));
      return shared.length === 0 ? [] : [{ one, shared }];
    });
    let left = 0;
    for (let from = 0, to = 0; from < rows; from = to) {
      const window = rawWindowOf(timesMs[from] as number);
      for (to = from + 1; to < rows && rawWindowOf(timesMs[to] as number) === window;) to++;
      for (const { one, shared } of sharing) {
        if (window < one.firstWindow || window > one.lastWindow) continue;
        const stored = this.heads.timesOf(
          placeOf(host, one, window),
          shared.map(([place]) => place),
        );
        for (const [index, [, key]] of shared.entries()) {
          const base = (places.get(key) as number) * rows;
          for (let row = from; row < to; row++) {
            const value = taken[base + row] as number;
            const time = timesMs[row] as number;
            if (Number.isNaN(value) || !stored.of[index]?.has(time)) continue;
            taken[base + row] = Number.NaN;
            left++;
          }
        }
      }
      if (window < set.firstWindow || window > set.lastWindow) continue;
      const stored = this.heads.timesOf(placeOf(host, set, window), []);
      for (const [key, place] of places)
        for (let row = from; row < to; row++) {
          const at = place * rows + row;
          const [value, time] = [taken[at] as number, timesMs[row] as number];
          if (Number.isNaN(value) || !stored.rows.has(time)) continue;
          const series = apart.get(place) ?? { key, timesMs: [], values: [] };
          apart.set(place, series);
          series.timesMs.push(time);
          series.values.push(value);
          taken[at] = Number.NaN;
        }
    }
    if (left === 0 && apart.size === 0) return { timesMs, values, left, apart: [] };
    const kept = Array.from({ length: rows }, (_, row) => row).filter((row) =>
      set.keys.some((_, place) => !Number.isNaN(taken[place * rows + row])),
    );
    const packed = new Float64Array(width * kept.length);
    for (let place = 0; place < width; place++)
      for (const [index, row] of kept.entries())
        packed[place * kept.length + index] = taken[place * rows + row] as number;
    return {
      timesMs: Float64Array.from(kept, (row) => timesMs[row] as number),
      values: packed,
      left,
      apart: [...apart.values()],
    };
  }

  #addRows(
    host: Host,
    setId: string,
    set: SeriesSet,
    window: number,
    timesMs: Float64Array,
    values: Float64Array,
    from: number,
    to: number,
  ): number {
    const place = placeOf(host, set, window);
    const collided = this.heads.add(place, timesMs, values, from, to);
    this.pending.mark(host.number, window);
    const { lastWindow } = set;
    if (set.firstWindow > window || set.lastWindow < window) {
      set.firstWindow = Math.min(set.firstWindow, window);
      set.lastWindow = Math.max(set.lastWindow, window);
      this.#changedSets.set(set, { host: host.number, setId });
    }
    // Only the newest window of a set is left as a head.
    if (lastWindow > window) this.heads.close(place);
    else if (lastWindow < window && lastWindow >= 0)
      this.heads.close(placeOf(host, set, lastWindow));
    return collided;
  }

  #addHost(hostId: string): Host {
    const taken = new Set([...this.hosts.values()].map(({ number }) => number));
    const number = firstFree(MAX_HOSTS, (at) => taken.has(at) || this.removed.has(at));
    this.#database
      .prepare('INSERT INTO host VALUES (?, ?, 0, 0, ?)')
      .run(number, hostId, rowSum([number, hostId, 0, 0]));
    const host: Host = {
      number,
      hostId,
      bootEpoch: 0,
      seq: 0,
      ranges: [],
      sets: new Map(),
      touchedAtMs: -Infinity,
    };
    this.hosts.set(hostId, host);
    this.#catalogueChanges++;
    return host;
  }

  #addSet(host: Host, setId: string, keys: readonly string[]): SeriesSet {
    const taken = new Set([...host.sets.values()].map(({ number }) => number));
    const number = firstFree(MAX_SETS, (at) => taken.has(at));
    const firstStripe = this.#stripes;
    const stripes = stripesOf(keys.length);
    if (firstStripe + stripes > MAX_STRIPES)
      throw new StoreError('failed', 'there were too many series sets');
    const set: SeriesSet = {
      number,
      keys,
      firstStripe,
      firstWindow: Number.MAX_SAFE_INTEGER,
      lastWindow: -1,
    };
    const columns = setColumns(host.number, setId, set);
    this.#database
      .prepare('INSERT INTO series_set VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .run(...columns, rowSum(columns));
    const copy: CatalogueRecord = { hostId: host.hostId, setId, keys, firstStripe };
    this.#put(CATALOGUE, catalogueKey(host.number, number), JSON.stringify(copy));
    host.sets.set(setId, set);
    this.#stripes += stripes;
    this.heads.count('stripes', stripes);
    this.#catalogueChanges++;
    return set;
  }

  removeSet(host: Host, setId: string): void {
    const set = host.sets.get(setId);
    if (!set) return;
    this.#database
      .prepare('DELETE FROM series_set WHERE host = ? AND number = ?')
      .run(host.number, set.number);
    this.#removeRecord.run(CATALOGUE, catalogueKey(host.number, set.number));
    host.sets.delete(setId);
    this.#catalogueChanges++;
  }

  records(changes: readonly RecordText[]): void {
    for (const { collection, key, text } of changes)
      if (text === undefined) this.#removeRecord.run(collection, key);
      else this.#put(collection, key, text);
  }

  #put(collection: string, key: string, text: string): void {
    this.#putRecord.run(collection, key, text, rowSum([collection, key, text]));
  }

  /** Forgets the host at once; its chunks go slice by slice. */
  removeHost(hostId: string): void {
    const host = this.hosts.get(hostId);
    if (!host) return;
    this.flush();
    this.heads.forget(host.number, Number.MAX_SAFE_INTEGER);
    this.#database.prepare('DELETE FROM host WHERE number = ?').run(host.number);
    this.#removeRecord.run(RANGES, hostId);
    for (const set of host.sets.values())
      this.#removeRecord.run(CATALOGUE, catalogueKey(host.number, set.number));
    this.#database.prepare('DELETE FROM pending WHERE host = ?').run(host.number);
    this.#database.prepare('DELETE FROM removed_before WHERE host = ?').run(host.number);
    this.#database.prepare('INSERT INTO removed_host VALUES (?)').run(host.number);
    this.hosts.delete(hostId);
    this.removed.add(host.number);
    this.pending.clear();
    this.#catalogueChanges++;
  }

  /** Ends what the calls of this transaction began; comes before its commit. */
  flush(): void {
    this.heads.flush();
    for (const [set, { host, setId }] of this.#changedSets)
      this.#setWindows.run(
        set.firstWindow,
        set.lastWindow,
        rowSum(setColumns(host, setId, set)),
        host,
        set.number,
      );
    this.#changedSets.clear();
    this.heads.count('sets', this.#catalogueChanges);
    this.#catalogueChanges = 0;
  }
}

/** By host: the ranges of batches after its watermark. */
function storedRanges(database: DatabaseSync): Map<string, WatermarkRange[]> {
  return new Map(
    database
      .prepare('SELECT key, value FROM record WHERE collection = ?')
      .all(RANGES)
      .map((row) => [String(row['key']), JSON.parse(String(row['value'])) as WatermarkRange[]]),
  );
}

/** What is stored of each agent, from a database that is not open for writing. */
export function storedWatermarks(database: DatabaseSync): Map<string, Watermark> {
  const ranges = storedRanges(database);
  return new Map(
    database
      .prepare('SELECT host_id, boot_epoch, seq FROM host')
      .all()
      .map((row) => {
        const hostId = String(row['host_id']);
        const ahead = ranges.get(hostId);
        const mark = { bootEpoch: Number(row['boot_epoch']), seq: Number(row['seq']) };
        return [hostId, ahead ? { ...mark, ranges: ahead } : mark];
      }),
  );
}

function setColumns(host: number, setId: string, set: SeriesSet): (string | number)[] {
  const { number, keys, firstWindow, lastWindow, firstStripe } = set;
  return [host, number, setId, JSON.stringify(keys), firstWindow, lastWindow, firstStripe];
}

function firstFree(limit: number, taken: (number: number) => boolean): number {
  for (let number = 1; number < limit; number++) if (!taken(number)) return number;
  throw new StoreError('failed', `all ${limit} numbers for hosts or series sets are in use`);
}

/** What the writer thread does inside a transaction. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { windowOf } from './block.ts';
import { blockBetween, MAX_HOSTS, MAX_SETS, MAX_WINDOWS } from './database.ts';
import type { AppendCall, RecordText } from './messages.ts';
import { StoreError, type Watermark } from './metric-store.ts';
import { OpenBlocks } from './open-blocks.ts';

interface SeriesSet {
  readonly number: number;
  readonly keys: readonly string[];
  lastWindow: number;
}

interface Host extends Watermark {
  readonly number: number;
  bootEpoch: number;
  seq: number;
  /** By set id. */
  readonly sets: Map<string, SeriesSet>;
}

export class Writes {
  private readonly database: DatabaseSync;
  private readonly blocks: OpenBlocks;
  private readonly hosts = new Map<string, Host>();
  private readonly removed = new Set<number>();
  private readonly setMark: StatementSync;
  private readonly setLastWindow: StatementSync;
  private readonly putRecord: StatementSync;
  private readonly removeRecord: StatementSync;

  constructor(database: DatabaseSync) {
    this.database = database;
    this.blocks = new OpenBlocks(database);
    this.setMark = database.prepare('UPDATE host SET boot_epoch = ?, seq = ? WHERE number = ?');
    this.setLastWindow = database.prepare(
      'UPDATE series_set SET last_window = ? WHERE host = ? AND number = ?',
    );
    this.putRecord = database.prepare('INSERT OR REPLACE INTO record VALUES (?, ?, ?)');
    this.removeRecord = database.prepare('DELETE FROM record WHERE collection = ? AND key = ?');
    this.load();
  }

  /** Reads hosts and sets anew: at the start, and after a transaction that was rolled back. */
  load(): void {
    this.hosts.clear();
    this.removed.clear();
    this.blocks.clear();
    const byNumber = new Map<number, Host>();
    for (const row of this.database.prepare('SELECT * FROM host').all()) {
      const number = Number(row['number']);
      const mark = { bootEpoch: Number(row['boot_epoch']), seq: Number(row['seq']) };
      const host: Host = { number, ...mark, sets: new Map() };
      byNumber.set(number, host);
      this.hosts.set(String(row['host_id']), host);
    }
    for (const row of this.database.prepare('SELECT * FROM series_set').all())
      byNumber.get(Number(row['host']))?.sets.set(String(row['set_id']), {
        number: Number(row['number']),
        keys: JSON.parse(String(row['keys'])) as string[],
        lastWindow: Number(row['last_window']),
      });
    for (const row of this.database.prepare('SELECT number FROM removed_host').all())
      this.removed.add(Number(row['number']));
  }

  watermarks(): Map<string, Watermark> {
    return new Map(
      [...this.hosts].map(([hostId, { bootEpoch, seq }]) => [hostId, { bootEpoch, seq }]),
    );
  }

  append({ agentId, mark, setId, keys, timesMs, values }: AppendCall): void {
    const host = this.hosts.get(agentId) ?? this.addHost(agentId);
    const isNew =
      mark.bootEpoch > host.bootEpoch || (mark.bootEpoch === host.bootEpoch && mark.seq > host.seq);
    if (!isNew) return;
    const set = host.sets.get(setId) ?? this.addSet(host, setId, keys);
    if (set.keys.length !== keys.length || !keys.every((key, place) => key === set.keys[place]))
      throw new StoreError('failed', `set ${setId} of ${agentId} was stored with other series`);
    let { lastWindow } = set;
    for (const [row, time] of timesMs.entries()) {
      const window = windowOf(time);
      lastWindow = Math.max(lastWindow, window);
      this.blocks.add(
        host.number,
        set.number,
        keys.length,
        window,
        time,
        values,
        row,
        timesMs.length,
      );
    }
    if (lastWindow > set.lastWindow) {
      this.setLastWindow.run(lastWindow, host.number, set.number);
      set.lastWindow = lastWindow;
    }
    this.setMark.run(mark.bootEpoch, mark.seq, host.number);
    host.bootEpoch = mark.bootEpoch;
    host.seq = mark.seq;
  }

  private addHost(hostId: string): Host {
    const taken = new Set([...this.hosts.values()].map(({ number }) => number));
    const number = firstFree(MAX_HOSTS, (at) => taken.has(at) || this.removed.has(at));
    this.database.prepare('INSERT INTO host VALUES (?, ?, 0, 0)').run(number, hostId);
    const host: Host = { number, bootEpoch: 0, seq: 0, sets: new Map() };
    this.hosts.set(hostId, host);
    return host;
  }

  private addSet(host: Host, setId: string, keys: readonly string[]): SeriesSet {
    const taken = new Set([...host.sets.values()].map(({ number }) => number));
    const number = firstFree(MAX_SETS, (at) => taken.has(at));
    this.database
      .prepare('INSERT INTO series_set VALUES (?, ?, ?, ?, 0)')
      .run(host.number, number, setId, JSON.stringify(keys));
    const set: SeriesSet = { number, keys, lastWindow: 0 };
    host.sets.set(setId, set);
    return set;
  }

  records(changes: readonly RecordText[]): void {
    for (const { collection, key, text } of changes)
      if (text === undefined) this.removeRecord.run(collection, key);
      else this.putRecord.run(collection, key, text);
  }

  /** Forgets the host at once; its blocks go slice by slice. */
  removeHost(hostId: string): void {
    const host = this.hosts.get(hostId);
    if (!host) return;
    this.database.prepare('DELETE FROM host WHERE number = ?').run(host.number);
    this.database.prepare('DELETE FROM series_set WHERE host = ?').run(host.number);
    this.database.prepare('INSERT INTO removed_host VALUES (?)').run(host.number);
    this.hosts.delete(hostId);
    this.removed.add(host.number);
  }

  /** Ends what the calls of this transaction began; comes before its commit. */
  flush(): void {
    this.blocks.flush();
  }

  /** Names of everything that may hold what has to go. */
  sweepTargets(): SweepTarget[] {
    return [
      ...[...this.removed].map((removed) => ({ removed })),
      ...[...this.hosts.keys()].map((hostId) => ({ hostId })),
    ];
  }

  /** Removes at most `limit` blocks that have to go; answers how many. Nothing is left when fewer. */
  sweep(target: SweepTarget, cutoffMs: number, limit: number): number {
    if ('removed' in target) {
      const count = this.removeBlocks(target.removed, MAX_WINDOWS, limit);
      if (count < limit) {
        this.database.prepare('DELETE FROM removed_host WHERE number = ?').run(target.removed);
        this.removed.delete(target.removed);
      }
      return count;
    }
    const host = this.hosts.get(target.hostId);
    if (!host) return 0;
    const cutoff = Math.max(0, windowOf(cutoffMs));
    const count = this.removeBlocks(host.number, cutoff, limit);
    if (count === limit) return count;
    // A set's number may be given anew only when no block bears it any more.
    for (const [setId, set] of host.sets)
      if (set.lastWindow < cutoff) {
        this.database
          .prepare('DELETE FROM series_set WHERE host = ? AND number = ?')
          .run(host.number, set.number);
        host.sets.delete(setId);
      }
    return count;
  }

  private removeBlocks(host: number, beforeWindow: number, limit: number): number {
    if (beforeWindow === 0) return 0;
    const slice = this.database.prepare(
      `SELECT count(*) AS count, sum(samples) AS samples, max(id) AS last FROM
           (SELECT id, samples FROM block WHERE ${blockBetween} ORDER BY id LIMIT ?4)`,
    );
    slice.setReadBigInts(true);
    const { count, samples, last } = slice.get(host, 0, beforeWindow - 1, limit) as {
      count: bigint;
      samples: bigint | null;
      last: bigint | null;
    };
    if (last === null) return 0;
    this.blocks.forget(host, beforeWindow);
    this.database
      .prepare(`DELETE FROM block WHERE ${blockBetween} AND id <= ?4`)
      .run(host, 0, beforeWindow - 1, last);
    this.database
      .prepare("UPDATE counter SET value = value - ? WHERE name = 'samples'")
      .run(samples ?? 0n);
    return Number(count);
  }
}

export type SweepTarget = { readonly hostId: string } | { readonly removed: number };

function firstFree(limit: number, taken: (number: number) => boolean): number {
  for (let number = 1; number < limit; number++) if (!taken(number)) return number;
  throw new StoreError('failed', `all ${limit} numbers for hosts or series sets are in use`);
}

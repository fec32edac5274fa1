/** What the writer thread does inside one transaction. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { RecordChange, Rows, Watermark } from './metric-store.ts';
import { encodeRow } from './row-block.ts';

/** Rows deleted at a time, so that a commit never waits long for retention. */
const SLICE_ROWS = 2000;

interface HostRow {
  number: number;
  bootEpoch: number;
  seq: number;
}

export class Writes {
  private readonly database: DatabaseSync;
  private readonly hosts = new Map<string, HostRow>();
  private readonly sets = new Map<string, number>();
  private readonly insertRow: StatementSync;
  private readonly setMark: StatementSync;
  private readonly addSamples: StatementSync;
  private readonly putRecord: StatementSync;
  private readonly removeRecord: StatementSync;

  constructor(database: DatabaseSync) {
    this.database = database;
    this.insertRow = database.prepare('INSERT OR IGNORE INTO sample_row VALUES (?, ?, ?, ?)');
    this.setMark = database.prepare('UPDATE host SET boot_epoch = ?, seq = ? WHERE number = ?');
    this.addSamples = database.prepare(
      "UPDATE counter SET value = value + ? WHERE name = 'samples'",
    );
    this.putRecord = database.prepare('INSERT OR REPLACE INTO record VALUES (?, ?, ?)');
    this.removeRecord = database.prepare('DELETE FROM record WHERE collection = ? AND key = ?');
    this.load();
  }

  /** Reads hosts and sets anew: at the start, and after a transaction that was rolled back. */
  load(): void {
    this.hosts.clear();
    this.sets.clear();
    for (const row of this.database.prepare('SELECT * FROM host').all())
      this.hosts.set(String(row['host_id']), {
        number: Number(row['number']),
        bootEpoch: Number(row['boot_epoch']),
        seq: Number(row['seq']),
      });
    for (const row of this.database.prepare('SELECT number, host, set_id FROM series_set').all())
      this.sets.set(`${String(row['host'])}/${String(row['set_id'])}`, Number(row['number']));
  }

  watermarks(): Map<string, Watermark> {
    return new Map(
      [...this.hosts].map(([hostId, { bootEpoch, seq }]) => [hostId, { bootEpoch, seq }]),
    );
  }

  append(agentId: string, mark: Watermark, rows: Rows): void {
    const host = this.host(agentId);
    const isNew =
      mark.bootEpoch > host.bootEpoch || (mark.bootEpoch === host.bootEpoch && mark.seq > host.seq);
    if (!isNew) return;
    const set = this.set(host.number, rows);
    let samples = 0;
    for (const [row, timeMs] of rows.timesMs.entries()) {
      const { changes } = this.insertRow.run(
        host.number,
        timeMs,
        set,
        encodeRow(rows.columns, row),
      );
      if (Number(changes) > 0) samples += rows.columns.length;
    }
    this.addSamples.run(samples);
    this.setMark.run(mark.bootEpoch, mark.seq, host.number);
    host.bootEpoch = mark.bootEpoch;
    host.seq = mark.seq;
  }

  private host(hostId: string): HostRow {
    let host = this.hosts.get(hostId);
    if (!host) {
      const { lastInsertRowid } = this.database
        .prepare('INSERT INTO host (host_id, boot_epoch, seq) VALUES (?, 0, 0)')
        .run(hostId);
      host = { number: Number(lastInsertRowid), bootEpoch: 0, seq: 0 };
      this.hosts.set(hostId, host);
    }
    return host;
  }

  private set(host: number, { setId, keys }: Rows): number {
    const name = `${host}/${setId}`;
    let number = this.sets.get(name);
    if (number === undefined) {
      const { lastInsertRowid } = this.database
        .prepare('INSERT INTO series_set (host, set_id, keys) VALUES (?, ?, ?)')
        .run(host, setId, JSON.stringify(keys));
      number = Number(lastInsertRowid);
      this.sets.set(name, number);
    }
    return number;
  }

  records(changes: readonly RecordChange[]): void {
    for (const change of changes)
      if ('remove' in change) this.removeRecord.run(change.collection, change.key);
      else this.putRecord.run(change.collection, change.key, JSON.stringify(change.value));
  }

  /** Removes the host's oldest rows before `cutoffMs`, one slice of them; true while more may be left. */
  expire(hostId: string, cutoffMs: number): boolean {
    const host = this.hosts.get(hostId);
    if (!host) return false;
    const slice = this.database
      .prepare('SELECT time_ms FROM sample_row WHERE host = ? ORDER BY time_ms LIMIT 1 OFFSET ?')
      .get(host.number, SLICE_ROWS) as { time_ms: number } | undefined;
    const end = Math.min(cutoffMs, slice?.time_ms ?? cutoffMs);
    const { changes } = this.database
      .prepare('DELETE FROM sample_row WHERE host = ? AND time_ms < ?')
      .run(host.number, end);
    return Number(changes) > 0 && end < cutoffMs;
  }

  hostIds(): string[] {
    return [...this.hosts.keys()];
  }

  /** Forgets the host once its rows are gone. */
  forget(hostId: string): void {
    const host = this.hosts.get(hostId);
    if (!host) return;
    this.database.prepare('DELETE FROM series_set WHERE host = ?').run(host.number);
    this.database.prepare('DELETE FROM host WHERE number = ?').run(host.number);
    this.load();
  }
}

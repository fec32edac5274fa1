/** The open database as the writer thread works on it: commits, upkeep, and what the store can do at the moment. */
import type { DatabaseSync } from 'node:sqlite';
import type { StoreCondition } from '../contract/condition.ts';
import { asStoreError, isFull } from '../file/database.ts';
import type { Tier } from '../file/layout.ts';
import type { Reserve } from '../file/reserve.ts';
import type { CloseCall, Notice, Reply, Request, ThreadOptions, WriteCall } from './messages.ts';
import { prepareTiers } from '../tiers/pending.ts';
import { Upkeep } from '../write/upkeep.ts';
import { WriteGate } from '../write/write-gate.ts';
import { Writes } from '../write/writes.ts';

/** How often a store that nobody writes to looks whether it still could, or can again. */
const POLL_MS = 2000;
/** The reserve is made and looked at this often. */
const RESERVE_EVERY_MS = 60_000;

export class Writer {
  readonly #database: DatabaseSync;
  readonly #options: ThreadOptions;
  readonly #reply: (message: Reply | Notice) => void;
  readonly #writes: Writes;
  readonly #upkeep: Upkeep;
  readonly #gate: WriteGate;
  readonly #reserve: Reserve;
  readonly #timers: NodeJS.Timeout[] = [];
  #reserveUsed: boolean;
  #waiting: Request<WriteCall>[] = [];
  #timer: NodeJS.Timeout | undefined;
  #told = '';

  constructor(
    database: DatabaseSync,
    tiers: readonly Tier[],
    options: ThreadOptions,
    reserve: Reserve,
    reserveUsed: boolean,
    reply: (message: Reply | Notice) => void,
  ) {
    this.#database = database;
    this.#options = options;
    this.#reply = reply;
    this.#reserve = reserve;
    this.#reserveUsed = reserveUsed;
    prepareTiers(database, tiers);
    this.#gate = new WriteGate(options.folder);
    this.#writes = new Writes(database, tiers);
    this.#upkeep = new Upkeep(database, this.#writes, tiers, options, (work) =>
      this.#transaction(work),
    );
  }

  run(): void {
    this.#poll(true);
    this.#upkeep.run();
    const { reserveAfterMs = RESERVE_EVERY_MS } = this.#options;
    this.#timers.push(
      setInterval(() => this.#poll(), POLL_MS),
      setInterval(() => void this.#keepReserve(), reserveAfterMs),
    );
  }

  /** A call waits for those of the next moments: they share one transaction and one sync. */
  take(request: Request<Exclude<WriteCall, { call: 'settle' }>>): void {
    this.#waiting.push(request);
    this.#timer ??= setTimeout(() => this.#commitWaiting(), this.#options.commitDelayMs);
  }

  settle(id: number): void {
    try {
      this.#commitWaiting();
      this.#upkeep.settle();
      this.#reply({ id, answer: undefined });
    } catch (error) {
      this.#fail(id, error);
    }
  }

  /** Also writes the log into the database. */
  close({ id }: Request<CloseCall>): void {
    for (const timer of this.#timers) clearInterval(timer);
    try {
      this.#commitWaiting();
      this.#upkeep.stop();
      this.#database.close();
      this.#reply({ id, answer: undefined });
    } catch (error) {
      this.#fail(id, error);
    }
  }

  #fail(id: number, error: unknown): void {
    const { code, message } = asStoreError(error, this.#options.folder);
    this.#reply({ id, error: { code, message } });
  }

  /** Tells the condition when it has changed. */
  #tell(): void {
    const { trouble } = this.#gate;
    const { clock } = this.#upkeep;
    const condition: StoreCondition = {
      ...(trouble ? { trouble: { code: trouble.code, message: trouble.message } } : {}),
      reserveUsed: this.#reserveUsed,
      trustedMs: clock.trustedMs,
      ...(clock.doubt ? { clockDoubt: clock.doubt } : {}),
    };
    const text = JSON.stringify(condition);
    if (text === this.#told) return;
    this.#told = text;
    this.#reply({ condition });
  }

  #poll(always = false): void {
    try {
      if (always || this.#gate.trouble) this.#upkeep.lookAtClock();
      else this.#gate.enter();
    } catch {
      // The gate remembers what is wrong.
    }
    this.#tell();
  }

  async #keepReserve(): Promise<void> {
    if (!this.#gate.trouble && (await this.#reserve.keep())) this.#reserveUsed = false;
    this.#tell();
  }

  /** `changesMemory`: hosts, sets and heads have to be read anew when it fails. */
  #transaction(work: () => void, changesMemory = true): void {
    this.#gate.enter();
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      work();
      this.#writes.flush();
      this.#database.exec('COMMIT');
    } catch (error) {
      // With the reserve given up the next one fits, which is no trouble yet.
      if (isFull(error, this.#options.folder) && this.#reserve.release()) this.#reserveUsed = true;
      else this.#gate.failed(error);
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      if (changesMemory) this.#writes.load();
      this.#tell();
      throw error;
    }
    this.#gate.succeeded();
    this.#tell();
  }

  #perform(call: WriteCall): unknown {
    if (call.call === 'append') return this.#writes.append(call.rows);
    if (call.call === 'write') this.#writes.records(call.changes);
    else if (call.call === 'check') this.#upkeep.check(call.damages);
    else if (call.call === 'acceptClock') this.#upkeep.acceptClock();
    else if (call.call === 'removeHost') {
      this.#writes.removeHost(call.hostId);
      this.#upkeep.hurry();
    }
    return undefined;
  }

  #commitWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const calls = this.#waiting;
    this.#waiting = [];
    const { refusal } = this.#gate;
    const tried = refusal ? calls.filter(({ call }) => call.call !== 'append') : calls;
    if (refusal)
      for (const { id, call } of calls) if (call.call === 'append') this.#fail(id, refusal);
    if (tried.length > 0) this.#commit(tried);
  }

  #commit(calls: readonly Request<WriteCall>[]): void {
    try {
      this.#commitTogether(calls);
    } catch (error) {
      const { code } = asStoreError(error, this.#options.folder);
      if (isFull(error, this.#options.folder) && !this.#gate.trouble) this.#commit(calls);
      // One failing call must not fail those that share its transaction.
      else if (calls.length > 1 && ['failed', 'overloaded', 'corrupt'].includes(code))
        for (const call of calls) this.#commit([call]);
      else for (const { id } of calls) this.#fail(id, error);
    }
  }

  #commitTogether(calls: readonly Request<WriteCall>[]): void {
    // What was committed is known without a transaction, which a full disk would refuse.
    const answers = new Map<number, unknown>();
    const writing = calls.filter(({ call }) => call.call !== 'watermarks');
    if (writing.length > 0)
      // Records alone are tried often while a disk is full, and reading a thousand hosts anew takes its time.
      this.#transaction(
        () => {
          for (const { id, call } of writing) answers.set(id, this.#perform(call));
        },
        writing.some(({ call }) => call.call !== 'write'),
      );
    for (const { id, call } of calls)
      this.#reply({
        id,
        answer: call.call === 'watermarks' ? this.#writes.watermarks() : answers.get(id),
      });
  }
}

/**
 * Background work of the writer between commits: computes tiers, enforces retention, returns free pages. In slices, so
 * that no commit waits long.
 */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import type { DatabaseSync } from 'node:sqlite';
import { RAW_WINDOW_MS, type Tier } from '../file/layout.ts';
import { Retention, type RetentionOptions, type SweepTarget } from './retention.ts';
import { Rollups, type Group } from '../tiers/rollup.ts';
import type { Damage } from '../file/damage.ts';
import { type Host, placeOf } from '../file/host.ts';
import { TrustedClock } from './trusted-clock.ts';
import type { Writes } from './writes.ts';

/** Chunks removed at a time, and pages given back at a time. */
export const SLICE_CHUNKS = 100;
const SLICE_PAGES = 256;
/** Length of a slice of computing tiers. */
const SLICE_MS = 10;
/** Pause between slices, and between full rounds. */
const SLICE_PAUSE_MS = 20;
const ROUND_PAUSE_MS = 5000;
const SWEEP_EVERY_MS = MINUTE_MS;
/** Hosts checked in one slice when there is nothing to remove. */
const TARGETS_AT_A_TIME = 200;
/** Minimum interval between computations of a tier's window that is not over yet. */
const PARTIAL_EVERY_MS = 10 * MINUTE_MS;
/** A host silent for this long counts as idle: its open windows are computed. */
const IDLE_MS = 2 * MINUTE_MS;
/** Free pages kept for the next writes. */
const FREE_PAGES_KEPT = 64;
const FREE_SHARE_KEPT = 0.02;

export class Upkeep {
  readonly #database: DatabaseSync;
  readonly #writes: Writes;
  readonly #tiers: readonly Tier[];
  readonly #rollups: Rollups;
  readonly #retention: Retention;
  readonly #transaction: (work: () => void) => void;
  readonly #now: () => number;
  readonly clock: TrustedClock;
  #timer: NodeJS.Timeout | undefined;
  #targets: SweepTarget[] = [];
  /** Of the process, not of the wall clock, which may be set. */
  #sweptMs = -Infinity;
  /** The time from which the ages of this round are counted; undefined while the clock is in doubt. */
  #agesMs: number | undefined;
  #current: Generator<void, void> | undefined;
  #groups: Group[] = [];
  /** `Writes.loads` when the current work was started: after a reload it is started again. */
  #loads = 0;
  /** By host and tier: when an open window was computed last. */
  readonly #partialMs = new Map<string, number>();

  constructor(
    database: DatabaseSync,
    writes: Writes,
    tiers: readonly Tier[],
    options: RetentionOptions,
    transaction: (work: () => void) => void,
    now: () => number = Date.now,
  ) {
    this.#database = database;
    this.#writes = writes;
    this.#tiers = tiers;
    this.#rollups = new Rollups(database, tiers, writes.heads, writes.pending);
    this.#retention = new Retention(database, writes, tiers, options);
    this.#transaction = transaction;
    this.#now = now;
    this.clock = new TrustedClock(database);
  }

  run(): void {
    this.#schedule(SLICE_PAUSE_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  lookAtClock(): void {
    this.#agesMs = undefined;
    this.#transaction(() => {
      this.#agesMs = this.clock.look(this.#now(), this.#newestMs());
    });
  }

  /** A person says that the machine's clock is right. */
  acceptClock(): void {
    this.clock.accept(this.#now());
    this.hurry();
  }

  /** Starts a round now, because there is something to remove. */
  hurry(): void {
    this.#targets = [];
    this.#sweptMs = -Infinity;
    this.stop();
    this.run();
  }

  #schedule(pauseMs: number): void {
    this.#timer = setTimeout(() => {
      let more = false;
      try {
        more = this.#slice(false);
      } catch {
        // No caller waits for this; the next commit fails the same way and reports it.
        this.#forget();
      }
      this.#schedule(more ? SLICE_PAUSE_MS : ROUND_PAUSE_MS);
    }, pauseMs);
  }

  #forget(): void {
    this.#current = undefined;
    this.#groups = [];
    this.#targets = [];
  }

  /** Does all background work now, open windows included. */
  settle(): void {
    this.#forget();
    this.#sweptMs = -Infinity;
    try {
      while (this.#slice(true));
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** One slice; returns whether there is more to do. */
  #slice(all: boolean): boolean {
    if (this.#rollUp(all)) return true;
    if (this.#targets.length === 0 && performance.now() - this.#sweptMs >= SWEEP_EVERY_MS) {
      this.#sweptMs = performance.now();
      this.lookAtClock();
      this.#retention.measure(this.#agesMs ?? this.clock.trustedMs);
      this.#targets = this.#retention.targets();
    }
    if (this.#targets.length > 0) {
      this.#transaction(() => this.#removeSome());
      return true;
    }
    return this.#giveBack();
  }

  /** End of the newest window with samples; 0 when there is none. */
  #newestMs(): number {
    let window = -1;
    for (const { sets } of this.#writes.hosts.values())
      for (const { lastWindow } of sets.values()) window = Math.max(window, lastWindow);
    return (window + 1) * RAW_WINDOW_MS;
  }

  #rollUp(all: boolean): boolean {
    if (this.#loads !== this.#writes.loads) this.#forget();
    this.#loads = this.#writes.loads;
    if (!this.#current && this.#groups.length === 0) {
      this.#groups = this.#find(all);
      if (this.#groups.length === 0) return false;
    }
    // As many groups as fit into the slice share a transaction, because each transaction costs a sync.
    this.#transaction(() => {
      const end = performance.now() + SLICE_MS;
      while (performance.now() < end) {
        this.#current ??= this.#begin();
        if (!this.#current) return;
        if (this.#current.next().done === true) this.#current = undefined;
      }
    });
    return true;
  }

  /** The next group whose host was not removed meanwhile. */
  #begin(): Generator<void, void> | undefined {
    for (let group = this.#groups.shift(); group; group = this.#groups.shift())
      if (this.#writes.hosts.get(group.host.hostId) === group.host) return this.#rollups.run(group);
    return undefined;
  }

  /** Groups that can be computed now, of the finest tier that has any. */
  #find(all: boolean): Group[] {
    for (const [level, tier] of this.#tiers.entries()) {
      const groups: Group[] = [];
      for (const host of this.#writes.hosts.values())
        groups.push(...this.#ofHost(host, level, tier, all));
      if (groups.length > 0) return groups;
    }
    return [];
  }

  #ofHost(host: Host, level: number, tier: Tier, all: boolean): Group[] {
    const waiting = this.#writes.pending.windows(tier, host.number, 0, Number.MAX_SAFE_INTEGER);
    if (waiting.length === 0) return [];
    // A window from a time when the clock was ahead does not end those of today.
    const newestMs = Math.min(
      Math.max(...[...host.sets.values()].map((set) => set.lastWindow)) * RAW_WINDOW_MS,
      this.#now(),
    );
    const anyway =
      all || (this.#now() - newestMs > IDLE_MS && performance.now() - host.touchedAtMs > IDLE_MS);
    const now = performance.now();
    const name = `${host.number}/${tier.bucketMs}`;
    const partial = anyway || now - (this.#partialMs.get(name) ?? -Infinity) >= PARTIAL_EVERY_MS;
    const finer = this.#tiers[level - 1];
    const byWindow = new Map<number, number[]>();
    for (const source of waiting) {
      const startMs = source * tier.sourceMs;
      if (!anyway && startMs + tier.sourceMs > newestMs) continue;
      const window = Math.floor(startMs / tier.windowMs);
      const isOver = (window + 1) * tier.windowMs <= newestMs;
      if (!isOver && !partial) continue;
      // Its source is dirty itself.
      if (finer) {
        const first = Math.floor(startMs / finer.sourceMs);
        const last = Math.floor((startMs + tier.sourceMs - 1) / finer.sourceMs);
        if (this.#writes.pending.windows(finer, host.number, first, last, 1).length > 0) continue;
      }
      if (!isOver) this.#partialMs.set(name, now);
      byWindow.set(window, [...(byWindow.get(window) ?? []), source]);
    }
    return [...byWindow].map(([window, sources]) => ({ host, level, window, sources }));
  }

  #removeSome(): void {
    let room = SLICE_CHUNKS;
    for (let looked = 0; looked < TARGETS_AT_A_TIME && room > 0; looked++) {
      const target = this.#targets[0];
      if (!target) return;
      const count = this.#retention.sweep(target, this.#agesMs ?? 0, room);
      if (count < room) this.#targets.shift();
      room -= count;
    }
  }

  /** Returns free pages to the file system, a few at a time. */
  #giveBack(): boolean {
    const pragma = (name: string): number =>
      Number(Object.values(this.#database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
    const free = pragma('freelist_count');
    const kept = Math.max(FREE_PAGES_KEPT, pragma('page_count') * FREE_SHARE_KEPT);
    if (free <= kept + SLICE_PAGES) return false;
    this.#database.exec(`PRAGMA incremental_vacuum(${SLICE_PAGES})`);
    return true;
  }

  /** Quarantines what a reader could not decode. What a tier lost is recomputed from what its source still has. */
  check(damages: readonly Damage[]): void {
    for (const { hostId, set: number, window, at } of damages) {
      const host = this.#writes.hosts.get(hostId);
      const set = [...(host?.sets.values() ?? [])].find((candidate) => candidate.number === number);
      if (!host || !set) continue;
      if ('table' in at) this.#writes.heads.check(at.table, placeOf(host, set, window));
      else if (this.#rollups.check(at.level - 1, set, at.index, window)) {
        const { windowMs } = this.#tiers[at.level - 1] as Tier;
        const first = Math.floor((window * windowMs) / RAW_WINDOW_MS);
        const last = first + windowMs / RAW_WINDOW_MS - 1;
        const end = Math.min(last, set.lastWindow);
        for (let raw = Math.max(first, set.firstWindow); raw <= end; raw++)
          this.#writes.pending.mark(host.number, raw);
      }
    }
  }
}

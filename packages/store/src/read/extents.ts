/** Where a host's history begins and ends. */
import type { DatabaseSync } from 'node:sqlite';
import {
  MAX_WINDOWS,
  RAW_WINDOW_MS,
  rawBetween,
  rawSet,
  rawWindow,
  stripesOf,
  tierBetween,
  tierWindow,
  type Tier,
} from '../file/layout.ts';
import { rawTables, viewRaw } from '../file/raw.ts';
import type { KnownHost } from './catalogue.ts';
import type { Planner } from './plan.ts';
import type { Scanner, Wanted } from './scan.ts';

/** Windows of samples that one page of an export has: an hour. */
const RAW_PAGE_WINDOWS = 3;

/** Both inclusive, epoch ms. */
export interface Block {
  readonly startMs: number;
  readonly endMs: number;
}

export class Extents {
  readonly #database: DatabaseSync;
  readonly #tiers: readonly Tier[];
  readonly #planner: Planner;
  readonly #scanner: Scanner;

  constructor(database: DatabaseSync, tiers: readonly Tier[], planner: Planner, scanner: Scanner) {
    this.#database = database;
    this.#tiers = tiers;
    this.#planner = planner;
    this.#scanner = scanner;
  }

  /** Start of the host's oldest block of time and end of its newest, inclusive; undefined when it has none. */
  of(host: KnownHost): readonly [fromMs: number, toMs: number] | undefined {
    let from = Infinity;
    let to = -1;
    for (const table of rawTables)
      for (const order of ['', 'DESC']) {
        const row = this.#database
          .prepare(
            `SELECT ${rawWindow} AS window FROM ${table} WHERE ${rawBetween} ORDER BY id ${order} LIMIT 1`,
          )
          .get(host.number, 0, MAX_WINDOWS - 1);
        if (!row) continue;
        from = Math.min(from, Number(row['window']) * RAW_WINDOW_MS);
        to = Math.max(to, (Number(row['window']) + 1) * RAW_WINDOW_MS - 1);
      }
    for (const { table, windowMs } of this.#tiers)
      for (const set of host.sets)
        for (const order of ['', 'DESC']) {
          const row = this.#database
            .prepare(
              `SELECT ${tierWindow} AS window FROM ${table} WHERE ${tierBetween} ORDER BY id ${order} LIMIT 1`,
            )
            .get(set.firstStripe, 0, 2 ** 32 - 1);
          if (!row) continue;
          from = Math.min(from, Number(row['window']) * windowMs);
          to = Math.max(to, (Number(row['window']) + 1) * windowMs - 1);
        }
    return to < 0 ? undefined : [from, to];
  }

  /** The first block of time that the host has in the span, and how far one page of an export goes there. */
  next(host: KnownHost, fromMs: number, toMs: number): Block | undefined {
    for (const segment of this.#planner.plan(host.number, 0, fromMs, toMs)) {
      const tier = segment.level === 0 ? undefined : (this.#tiers[segment.level - 1] as Tier);
      const widthMs = tier?.windowMs ?? RAW_WINDOW_MS;
      const first = Math.floor(segment.fromMs / widthMs);
      const last = Math.floor(segment.toMs / widthMs);
      const window = tier
        ? this.#firstTierWindow(host, tier, first, last)
        : this.#firstRawWindow(host, first, last);
      if (window === undefined) continue;
      const pageMs = tier ? widthMs : RAW_PAGE_WINDOWS * RAW_WINDOW_MS;
      const startMs = Math.max(segment.fromMs, window * widthMs);
      const endMs = (Math.floor(startMs / pageMs) + 1) * pageMs - 1;
      return { startMs, endMs: Math.min(segment.toMs, endMs) };
    }
    return undefined;
  }

  #firstRawWindow(host: KnownHost, first: number, last: number): number | undefined {
    const found = rawTables.flatMap((table) => {
      const row = this.#database
        .prepare(
          `SELECT ${rawWindow} AS window FROM ${table} WHERE ${rawBetween} ORDER BY id LIMIT 1`,
        )
        .get(host.number, first, last);
      return row ? [Number(row['window'])] : [];
    });
    return found.length === 0 ? undefined : Math.min(...found);
  }

  #firstTierWindow(
    host: KnownHost,
    { table }: Tier,
    first: number,
    last: number,
  ): number | undefined {
    const select = this.#database.prepare(
      `SELECT ${tierWindow} AS window FROM ${table} WHERE ${tierBetween} ORDER BY id LIMIT 1`,
    );
    let found: number | undefined;
    for (const set of host.sets)
      for (let stripe = 0; stripe < stripesOf(set.keys.length); stripe++) {
        const row = select.get(set.firstStripe + stripe, first, found ?? last);
        if (row) found = Number(row['window']);
      }
    return found;
  }

  /** Time of the newest sample of these sets in the span, or a time not before it. */
  lastTime(host: KnownHost, wanted: readonly Wanted[], fromMs: number, toMs: number): number {
    let last = -1;
    for (const { set } of wanted)
      for (const table of rawTables) {
        const row = this.#database
          .prepare(
            `SELECT ${rawWindow} AS window, data FROM ${table}
             WHERE ${rawBetween} AND ${rawSet} = ?4 ORDER BY id DESC LIMIT 1`,
          )
          .get(
            host.number,
            Math.floor(fromMs / RAW_WINDOW_MS),
            Math.floor(toMs / RAW_WINDOW_MS),
            set.number,
          );
        if (!row) continue;
        const times = viewRaw(
          row['data'] as Uint8Array,
          Number(row['window']),
          set.keys.length,
        )?.times();
        last = Math.max(last, times?.findLast((time) => time <= toMs) ?? toMs);
      }
    return last < 0 ? toMs : last;
  }

  /** Time of the oldest sample of these sets in the span, or a time not after it; `known` is one of them. */
  firstTime(
    host: KnownHost,
    wanted: readonly Wanted[],
    fromMs: number,
    toMs: number,
    known: number,
  ): number {
    let first = known;
    for (const segment of this.#planner.plan(host.number, 0, fromMs, Math.min(toMs, known)))
      for (const one of wanted)
        for (const found of this.#scanner.chunks(host, one, segment)) {
          first = Math.min(first, found.timesMs[found.first] as number);
          break;
        }
    return first;
  }
}

/**
 * Keeps hourly forecasts of the headline series and grades each against what came. Other series are forecast on demand
 * and cached.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  ForecastRecord,
  gradeForecast,
  storedForecast,
  type Forecast,
  type ForecastRecordState,
  type StoredForecast,
} from '@openmanager/analytics';
import {
  isForecast,
  limits,
  metricInfo,
  metricOfKey,
  type ForecastRefusal,
  type ForecastSummary,
  type SeriesForecast,
} from '@openmanager/protocol';
import type { RecordStore, SeriesHistory } from '@openmanager/store';
import type { Clock, EventLog, HealthIssues, Unsubscribe } from '../ports/index.ts';
import { collection, type Journal } from '../records/index.ts';
import { firstDay, gradeOf, valuesOf } from './forecast-grade.ts';
import { makeForecast } from './make-forecast.ts';

/** How often due hosts are looked for; each is due once an hour. */
const POLL_MS = MINUTE_MS;
/** Bound of the cache of forecasts made on demand. */
const MAX_OTHERS = 500;
const PART = 'forecasts';
/** A time to full below this is an event. */
const SOON_MS = 7 * DAY_MS;

interface Entry {
  readonly forecast: SeriesForecast;
  /** A forecast that waits for its grade. */
  readonly due: StoredForecast;
  readonly record: ForecastRecordState;
  /** When the last event said that it will be full soon, epoch ms. */
  readonly toldMs?: number | undefined;
}

const forecastRecords = collection<Entry>('forecasts');
const keyOf = (hostId: string, key: string): string => `${hostId} ${key}`;

export interface ForecastKeeperOptions {
  readonly clock: Clock;
  readonly records: RecordStore;
  readonly history: Pick<SeriesHistory, 'select'>;
  readonly journal: Pick<Journal, 'write'>;
  readonly issues: Pick<HealthIssues, 'set' | 'clear'>;
  readonly events: Pick<EventLog, 'record'>;
  /** Hosts and the series they have now. */
  readonly hosts: () => ReadonlyMap<string, readonly string[]>;
  /** Newest value of a series, NaN where there is none. @default NaN of all */
  readonly newest?: (hostId: string, key: string) => number;
}

export class ForecastKeeper {
  readonly #options: ForecastKeeperOptions;
  /** By host and key. */
  readonly #entries = new Map<string, Map<string, Entry>>();
  readonly #others = new Map<string, SeriesForecast>();
  /** When each host's forecasts were made last, epoch ms. */
  readonly #polledMs = new Map<string, number>();
  readonly #listeners = new Set<(hostId: string) => void>();
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  #stopped = false;

  private constructor(options: ForecastKeeperOptions) {
    this.#options = options;
  }

  static async open(options: ForecastKeeperOptions): Promise<ForecastKeeper> {
    const keeper = new ForecastKeeper(options);
    for (const [, entry] of await forecastRecords.entries(options.records)) keeper.#keep(entry);
    return keeper;
  }

  run(): void {
    this.#timer = setInterval(() => void this.poll(), POLL_MS);
  }

  /** Makes no more; what is under way ends with the series it is at. */
  drain(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  async stop(): Promise<void> {
    this.drain();
    await this.#polling;
  }

  /** A host's forecasts were made anew. */
  onChange(listener: (hostId: string) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  summaries(hostId: string): readonly ForecastSummary[] {
    const entries = this.#entries.get(hostId) ?? new Map<string, Entry>();
    return this.#mattering(hostId, [...entries.keys()])
      .map((key) => (entries.get(key) as Entry).forecast)
      .map(({ key, madeMs, mean, stepMs, capacity: full, grade }) => {
        const step = Math.min(mean.length, Math.round(DAY_MS / stepMs)) - 1;
        return { key, madeMs, next: mean[step] as number, capacity: full, grade };
      });
  }

  /**
   * Whether no alert should be raised from the series' trend: its graded forecasts were poor, and it is within the
   * interval of the last one. Outside of it, it is news however poor the forecasts were.
   */
  isUnforeseeable(hostId: string, key: string, timeMs: number, value: number): boolean {
    const entry = this.#entries.get(hostId)?.get(key);
    if (entry?.forecast.grade?.isTrustworthy !== false) return false;
    const { startMs, stepMs, intervals } = entry.forecast;
    const step = Math.max(0, Math.floor((timeMs - startMs) / stepMs));
    const widest = intervals.at(-1);
    return (
      value >= (widest?.lower[step] ?? Infinity) && value <= (widest?.upper[step] ?? -Infinity)
    );
  }

  /** The newest forecast, made now if there is none of the last hour. */
  async of(hostId: string, key: string): Promise<SeriesForecast | ForecastRefusal> {
    const now = this.#options.clock.now();
    const known =
      this.#entries.get(hostId)?.get(key)?.forecast ?? this.#others.get(keyOf(hostId, key));
    if (known && isWithin(HOUR_MS, known.madeMs, now)) return known;
    const made = await makeForecast(this.#options.history, hostId, key, now);
    if (typeof made === 'string') return made;
    if (isForecast(key)) await this.#renew(hostId, key, made.answer, made.raw);
    else this.#remember(made.answer);
    return this.#entries.get(hostId)?.get(key)?.forecast ?? made.answer;
  }

  hostRemoved(hostId: string): void {
    const keys = [...(this.#entries.get(hostId)?.keys() ?? [])];
    this.#entries.delete(hostId);
    this.#polledMs.delete(hostId);
    for (const name of this.#others.keys())
      if (name.startsWith(`${hostId} `)) this.#others.delete(name);
    this.#options.journal.write(keys.map((key) => forecastRecords.remove(keyOf(hostId, key))));
  }

  /** Makes what is due, series by series, so that nothing else waits; resolves when all is made. */
  async poll(): Promise<void> {
    this.#polling ??= this.#pollHosts().finally(() => (this.#polling = undefined));
    await this.#polling;
  }

  async #pollHosts(): Promise<void> {
    const { clock, hosts } = this.#options;
    for (const [hostId, keys] of hosts()) {
      if (this.#stopped) return;
      const now = clock.now();
      if (isWithin(HOUR_MS, this.#polledMs.get(hostId), now)) continue;
      this.#polledMs.set(hostId, now);
      let changed = false;
      for (const key of this.#mattering(hostId, keys.filter(isForecast))) {
        changed = (await this.#forecast(hostId, key, now)) || changed;
        await nextTurn();
        if (this.#stopped) return;
      }
      if (changed) for (const listener of this.#listeners) listener(hostId);
    }
  }

  /** Whether there is a new one. A store that cannot be read now is asked again in an hour. */
  async #forecast(hostId: string, key: string, nowMs: number): Promise<boolean> {
    const { history, issues } = this.#options;
    try {
      const made = await makeForecast(history, hostId, key, nowMs);
      if (typeof made !== 'string') await this.#renew(hostId, key, made.answer, made.raw);
      issues.clear(PART);
      return typeof made !== 'string';
    } catch {
      if (!this.#stopped)
        issues.set(PART, 'Forecasts cannot be made, because history cannot be read.');
      return false;
    }
  }

  /**
   * Those that are forecast where there are more than may be: series of the whole host, then those that are fullest, so
   * that the bound never costs the one that matters.
   */
  #mattering(hostId: string, keys: readonly string[]): readonly string[] {
    if (keys.length <= limits.outlookForecasts) return keys;
    const rank = (key: string): number => {
      const metric = metricOfKey(key);
      if (metric === key) return Number.POSITIVE_INFINITY;
      const { fullAt } = metricInfo(metric);
      const share =
        fullAt === undefined ? -1 : (this.#options.newest?.(hostId, key) ?? Number.NaN) / fullAt;
      return Number.isNaN(share) ? 0 : share;
    };
    const ranks = new Map(keys.map((key) => [key, rank(key)]));
    const of = (key: string): number => ranks.get(key) as number;
    // Equal ones, the infinite ones among them, stay in their order.
    return keys
      .toSorted((a, b) => (of(a) === of(b) ? 0 : of(b) - of(a)))
      .slice(0, limits.outlookForecasts);
  }

  /** Grades the forecast that was waiting if its time has come, and keeps the new one. */
  async #renew(hostId: string, key: string, answer: SeriesForecast, raw: Forecast): Promise<void> {
    const before = this.#entries.get(hostId)?.get(key);
    const fresh = firstDay(storedForecast(raw, answer.startMs, answer.stepMs));
    const record = new ForecastRecord({}, before?.record);
    let due = before?.due ?? fresh;
    const endMs = due.startMs + due.mean.length * due.stepMs;
    if (answer.startMs >= endMs) {
      record.add(gradeForecast(due, await valuesOf(this.#options.history, hostId, key, due)));
      due = fresh;
    }
    // Made while the clock was ahead: its time would not come.
    if (due.startMs > fresh.startMs) due = fresh;
    const made: SeriesForecast = { ...answer, grade: gradeOf(record, raw.skill) };
    const isCredible = record.trustworthy(raw.skill);
    const entry: Entry = {
      forecast: made,
      due,
      record: record.snapshot(),
      toldMs: isCredible ? this.#tell(made, before?.toldMs) : before?.toldMs,
    };
    this.#keep(entry);
    this.#options.journal.write([forecastRecords.put(keyOf(hostId, key), entry)]);
  }

  /** A series that is full soon is told once a day; answers when it was told last. */
  #tell(
    { hostId, key, capacity: full }: SeriesForecast,
    toldMs: number | undefined,
  ): number | undefined {
    const now = this.#options.clock.now();
    const leftMs = (full?.p50Ms ?? Infinity) - now;
    if (leftMs > SOON_MS || isWithin(DAY_MS, toldMs, now)) return toldMs;
    this.#options.events.record('capacity', hostId, { key, spanMs: Math.max(0, leftMs) });
    return now;
  }

  #keep(entry: Entry): void {
    const { hostId, key } = entry.forecast;
    let own = this.#entries.get(hostId);
    if (!own) this.#entries.set(hostId, (own = new Map<string, Entry>()));
    own.set(key, entry);
  }

  #remember(answer: SeriesForecast): void {
    const name = keyOf(answer.hostId, answer.key);
    this.#others.delete(name);
    this.#others.set(name, answer);
    if (this.#others.size > MAX_OTHERS)
      this.#others.delete(this.#others.keys().next().value as string);
  }
}

/** Whether it was less than `ms` ago. A time that is ahead, from before the clock was set back, is none. */
function isWithin(ms: number, timeMs: number | undefined, nowMs: number): boolean {
  return timeMs !== undefined && Math.abs(nowMs - timeMs) < ms;
}

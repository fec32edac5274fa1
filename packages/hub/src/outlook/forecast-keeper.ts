/**
 * Forecasts of the series that people ask about, made anew each hour, each graded when its time has come; of any
 * other series when somebody looks at it.
 */
import { DAY_MS, HOUR_MS } from '@openmanager/protocol/durations';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  capacity,
  forecast,
  ForecastRecord,
  gradeForecast,
  storedForecast,
  trendSegments,
  type Forecast,
  type ForecastRecordState,
  type StoredForecast,
} from '@openmanager/analytics';
import {
  isForecast,
  limits,
  metricInfo,
  metricOfKey,
  type Capacity,
  type ForecastGrade,
  type ForecastRefusal,
  type ForecastSummary,
  type SeriesForecast,
} from '@openmanager/protocol';
import type { RecordStore, SeriesHistory } from '@openmanager/store';
import type { Clock } from '../ports/index.ts';
import type { EventJournal } from '../hosts/event-log.ts';
import { forecastInput, meansOf, type ForecastInput } from './forecast-input.ts';
import type { Problems } from '../ports/health-issues.ts';
import { valueBounds } from './value-bounds.ts';

const COLLECTION = 'forecasts';
const PART = 'forecasts';
/** Hosts are looked through so often; each is due once an hour. */
const LOOK_MS = 60_000;
/** A forecast is graded as a whole when so much of it has come. */
const GRADED_MS = DAY_MS;
/** Percent. */
const LEVELS = [50, 80, 95];
/** Other series' forecasts that are kept for whoever looks again. */
const MOST_OTHERS = 500;
/** Full so soon is an event. */
const SOON_MS = 7 * DAY_MS;

interface Entry {
  readonly forecast: SeriesForecast;
  /** A forecast that waits for its grade. */
  readonly due: StoredForecast;
  readonly record: ForecastRecordState;
  /** When it was last told that it will be full soon, epoch ms. */
  readonly toldMs?: number | undefined;
}

export interface ForecastKeeperOptions {
  readonly clock: Clock;
  readonly records: RecordStore;
  readonly history: Pick<SeriesHistory, 'select'>;
  readonly problems: Problems;
  readonly events: EventJournal;
  /** Hosts and the series they have now. */
  readonly hosts: () => ReadonlyMap<string, readonly string[]>;
  readonly onChange: (hostId: string) => void;
}

export class ForecastKeeper {
  readonly #options: ForecastKeeperOptions;
  /** By host and key. */
  readonly #entries = new Map<string, Map<string, Entry>>();
  readonly #others = new Map<string, SeriesForecast>();
  readonly #lookedMs = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  private constructor(options: ForecastKeeperOptions) {
    this.#options = options;
  }

  static async open(options: ForecastKeeperOptions): Promise<ForecastKeeper> {
    const keeper = new ForecastKeeper(options);
    for (const [, entry] of await options.records.entries<Entry>(COLLECTION)) keeper.#keep(entry);
    return keeper;
  }

  run(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#looking;
  }

  summaries(hostId: string): readonly ForecastSummary[] {
    return [...(this.#entries.get(hostId)?.values() ?? [])]
      .slice(0, limits.outlookForecasts)
      .map(({ forecast: { key, madeMs, mean, stepMs, capacity: full, grade } }) => {
        const step = Math.min(mean.length, Math.round(DAY_MS / stepMs)) - 1;
        return { key, madeMs, next: mean[step] as number, capacity: full, grade };
      });
  }

  /**
   * Whether where the series seems to go is nothing to raise an alert from: its graded forecasts were poor, and it is
   * where the last one expected it. One that leaves what was expected of it is news, however hard it was to foresee.
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
      this.#entries.get(hostId)?.get(key)?.forecast ?? this.#others.get(`${hostId} ${key}`);
    if (known && now - known.madeMs < HOUR_MS) return known;
    const made = await this.#make(hostId, key, now);
    if (typeof made === 'string') return made;
    if (isForecast(key)) await this.#renew(hostId, key, made.answer, made.raw);
    else this.#remember(made.answer);
    return this.#entries.get(hostId)?.get(key)?.forecast ?? made.answer;
  }

  async hostRemoved(hostId: string): Promise<void> {
    const keys = [...(this.#entries.get(hostId)?.keys() ?? [])];
    this.#entries.delete(hostId);
    this.#lookedMs.delete(hostId);
    for (const name of this.#others.keys())
      if (name.startsWith(`${hostId} `)) this.#others.delete(name);
    await this.#options.records.write(
      keys.map((key) => ({ collection: COLLECTION, key: `${hostId} ${key}`, remove: true })),
    );
  }

  /** Makes what is due, series by series, so that nothing else waits; resolves when all is made. */
  async look(): Promise<void> {
    this.#looking ??= this.#lookThrough().finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  async #lookThrough(): Promise<void> {
    const { clock, hosts, onChange } = this.#options;
    for (const [hostId, keys] of hosts()) {
      if (this.#stopped) return;
      const now = clock.now();
      if (now - (this.#lookedMs.get(hostId) ?? Number.NEGATIVE_INFINITY) < HOUR_MS) continue;
      this.#lookedMs.set(hostId, now);
      let changed = false;
      for (const key of keys.filter(isForecast).slice(0, limits.outlookForecasts)) {
        const made = await this.#make(hostId, key, now);
        if (typeof made !== 'string') {
          await this.#renew(hostId, key, made.answer, made.raw);
          changed = true;
        }
        await nextTurn();
        if (this.#stopped) return;
      }
      if (changed) onChange(hostId);
    }
  }

  async #make(
    hostId: string,
    key: string,
    now: number,
  ): Promise<{ readonly answer: SeriesForecast; readonly raw: Forecast } | ForecastRefusal> {
    const input = await forecastInput(this.#options.history, hostId, key, now);
    if (!input) return 'not-enough-history';
    const { min, max } = valueBounds(key);
    const { season, horizon, stepMs, startMs } = input;
    const raw = forecast(input.values, { season, horizon, levels: LEVELS, min, max });
    if (raw.kind !== 'forecast') return 'not-enough-history';
    const answer: SeriesForecast = {
      hostId,
      key,
      madeMs: now,
      stepMs,
      startMs,
      mean: [...raw.mean],
      intervals: raw.intervals.map(({ level, lower, upper }) => ({
        level,
        lower: [...lower],
        upper: [...upper],
      })),
      models: raw.models,
      capacity: capacityOf(key, input, now),
      trend: trendOf(input),
      grade: null,
    };
    return { answer, raw };
  }

  /** Grades the forecast that was waiting if its time has come, and keeps the new one. */
  async #renew(hostId: string, key: string, answer: SeriesForecast, raw: Forecast): Promise<void> {
    const before = this.#entries.get(hostId)?.get(key);
    const fresh = firstDay(storedForecast(raw, answer.startMs, answer.stepMs));
    const record = new ForecastRecord({}, before?.record);
    let due = before?.due ?? fresh;
    const endMs = due.startMs + due.mean.length * due.stepMs;
    if (answer.startMs >= endMs) {
      record.add(gradeForecast(due, await this.#whatCame(hostId, key, due, endMs)));
      due = fresh;
    }
    const made: SeriesForecast = { ...answer, grade: gradeOf(record, raw.skill) };
    const isCredible = record.trustworthy(raw.skill);
    const entry: Entry = {
      forecast: made,
      due,
      record: record.snapshot(),
      toldMs: isCredible ? this.#tell(made, before?.toldMs) : before?.toldMs,
    };
    this.#keep(entry);
    await this.#write(entry);
  }

  async #whatCame(
    hostId: string,
    key: string,
    { startMs, stepMs, mean }: StoredForecast,
    endMs: number,
  ): Promise<Float64Array> {
    const came = await meansOf(this.#options.history, hostId, key, startMs, endMs, stepMs);
    const values = new Float64Array(mean.length).fill(Number.NaN);
    for (const [at, timeMs] of came.timesMs.entries())
      values[(timeMs - startMs) / stepMs] = came.mean[at] as number;
    return values;
  }

  /** A series that is full soon is told once a day; answers when it was told last. */
  #tell(
    { hostId, key, capacity: full }: SeriesForecast,
    toldMs: number | undefined,
  ): number | undefined {
    const now = this.#options.clock.now();
    const leftMs = (full?.p50Ms ?? Infinity) - now;
    if (leftMs > SOON_MS || (toldMs !== undefined && now - toldMs < DAY_MS)) return toldMs;
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
    const name = `${answer.hostId} ${answer.key}`;
    this.#others.delete(name);
    this.#others.set(name, answer);
    if (this.#others.size > MOST_OTHERS)
      this.#others.delete(this.#others.keys().next().value as string);
  }

  async #write(entry: Entry): Promise<void> {
    const { hostId, key } = entry.forecast;
    try {
      await this.#options.records.write([
        { collection: COLLECTION, key: `${hostId} ${key}`, value: entry },
      ]);
      this.#options.problems.clear(PART);
    } catch {
      this.#options.problems.set(PART, 'Forecasts cannot be stored; they are kept in memory.');
    }
  }
}

/** What is graded as a whole. */
function firstDay(whole: StoredForecast): StoredForecast {
  const steps = Math.max(1, Math.floor(GRADED_MS / whole.stepMs));
  return {
    ...whole,
    mean: whole.mean.slice(0, steps),
    naive: whole.naive.slice(0, steps),
    intervals: whole.intervals.map(({ level, lower, upper }) => ({
      level,
      lower: lower.slice(0, steps),
      upper: upper.slice(0, steps),
    })),
  };
}

function gradeOf(record: ForecastRecord, ownSkill: number): ForecastGrade | null {
  const { forecasts, hitRates, skill } = record.summary();
  if (forecasts === 0) return null;
  return {
    forecasts,
    hits: hitRates.map(({ level, rate }) => ({ level, share: rate })),
    skill,
    isTrustworthy: record.trustworthy(ownSkill),
  };
}

/** Undefined for what has no end, and where too little is known. */
function capacityOf(key: string, { values, stepMs }: ForecastInput, now: number): Capacity | null {
  const { fullAt } = metricInfo(metricOfKey(key));
  if (fullAt === undefined) return null;
  const made = capacity(values, { limit: fullAt, samplesPerDay: Math.round(DAY_MS / stepMs) });
  if (made.kind !== 'full-in') return null;
  const at = (days: number | null): number | null => (days === null ? null : now + days * DAY_MS);
  return { bound: fullAt, p10Ms: at(made.p10), p50Ms: at(made.p50), p90Ms: at(made.p90) };
}

/** The line that daily means lie on since it last changed. */
function trendOf({ values, stepMs, startMs }: ForecastInput): SeriesForecast['trend'] {
  const perDay = Math.round(DAY_MS / stepMs);
  const days = Math.floor(values.length / perDay);
  const firstMs = startMs - days * DAY_MS;
  const means = Float64Array.from({ length: days }, (_, day) => {
    const from = values.length - (days - day) * perDay;
    const known = values.subarray(from, from + perDay).filter(Number.isFinite);
    return known.reduce((sum, value) => sum + value, 0) / known.length;
  });
  const last = trendSegments(means).at(-1);
  return last ? { sinceMs: firstMs + last.from * DAY_MS, perDay: last.slope } : null;
}

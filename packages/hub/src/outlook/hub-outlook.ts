/**
 * The outlook domain: anomaly detection and forecasting over all series. Detectors judge every half minute, and what
 * fires together on a host is one event. Rules ask here for expected bands and crossings, pages for anomalies and
 * forecasts.
 */
import { DAY_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  limits,
  ProtocolError,
  unknownHost,
  type Anomaly,
  type HostOutlook,
  type Outlook,
  type OutlookRequest,
} from '@openmanager/protocol';
import type { RecordStore, SeriesHistory } from '@openmanager/store';
import type {
  Clock,
  EventLog,
  HealthIssues,
  HostUpdate,
  KnownHosts,
  LagMeter,
  LiveForesight,
  OutlookSource,
  Service,
  Unsubscribe,
} from '../ports/index.ts';
import { Journal } from '../records/index.ts';
import { anomalyOf } from './anomaly-of.ts';
import { AnomalyLog } from './anomaly-log.ts';
import { SWEEP_MS } from './cadence.ts';
import { DetectorRecords } from './detector-records.ts';
import { expectedBand } from './expected-band.ts';
import { ForecastKeeper } from './forecast-keeper.ts';
import { Incidents } from './incidents.ts';
import { pastMeans } from './past-means.ts';
import { SeriesWatch, type Alarm, type HostAlarm } from './series-watch.ts';
import { Trends } from './trends.ts';

/** Snapshots are staggered: each host's detectors are stored once in this many sweeps. */
const SAVE_SWEEPS = 20;

export interface HubOutlookOptions {
  readonly clock: Clock;
  readonly records: RecordStore;
  readonly history: Pick<SeriesHistory, 'select'>;
  readonly issues: HealthIssues;
  readonly events: Pick<EventLog, 'record'>;
  readonly hosts: Pick<KnownHosts, 'hasHost' | 'onRemoved' | 'target'>;
  /** @default nothing is measured */
  readonly lag?: LagMeter;
  /** @default that of the hub's time zone */
  readonly utcOffsetMs?: number;
}

interface OutlookParts {
  readonly journal: Journal;
  readonly watch: SeriesWatch;
  readonly detectors: DetectorRecords;
  readonly log: AnomalyLog;
  readonly forecasts: ForecastKeeper;
}

export class HubOutlook implements OutlookSource, LiveForesight, Service {
  readonly #options: HubOutlookOptions;
  readonly #utcOffsetMs: number;
  readonly #journal: Journal;
  readonly #watch: SeriesWatch;
  readonly #detectors: DetectorRecords;
  readonly #trends: Trends;
  readonly #log: AnomalyLog;
  readonly #forecasts: ForecastKeeper;
  readonly #incidents: Incidents;
  readonly #listeners = new Set<(hostId: string) => void>();
  #timer: NodeJS.Timeout | undefined;
  #sweeps = 0;
  #sweeping: Promise<void> | undefined;
  #isRunning = false;
  #isEnding = false;

  private constructor(options: HubOutlookOptions, utcOffsetMs: number, parts: OutlookParts) {
    this.#options = options;
    this.#utcOffsetMs = utcOffsetMs;
    this.#journal = parts.journal;
    this.#watch = parts.watch;
    this.#detectors = parts.detectors;
    this.#log = parts.log;
    this.#forecasts = parts.forecasts;
    this.#trends = new Trends({ issues: options.issues });
    this.#incidents = new Incidents(options.clock, options.events);
    this.#forecasts.onChange((hostId) => this.#changed(hostId));
    options.hosts.onRemoved((hostId) => this.hostRemoved(hostId));
  }

  /** Restores the stored detectors. */
  static async open(options: HubOutlookOptions): Promise<HubOutlook> {
    const { clock, records, history, issues, events } = options;
    const utcOffsetMs = options.utcOffsetMs ?? -new Date().getTimezoneOffset() * MINUTE_MS;
    const journal = new Journal({
      records,
      issues,
      part: 'outlook',
      failure: 'Anomalies and forecasts cannot be stored; they are kept in memory.',
    });
    const watch = new SeriesWatch({ issues, utcOffsetMs });
    const detectors = new DetectorRecords(records, issues);
    await detectors.restore(watch);
    return new HubOutlook(options, utcOffsetMs, {
      journal,
      watch,
      detectors,
      log: await AnomalyLog.open({ records, journal, hosts: options.hosts }),
      forecasts: await ForecastKeeper.open({
        clock,
        records,
        journal,
        history,
        issues,
        events,
        hosts: () => watch.keys(),
        newest: (hostId, key) => watch.newest(hostId, key),
      }),
    });
  }

  /** Reads the past of what forecast rules are about in the background. */
  async run(): Promise<void> {
    this.#isRunning = true;
    this.#timer = setInterval(() => void this.sweep(), SWEEP_MS);
    this.#forecasts.run();
    void this.#readPast();
  }

  /** What is under way ends with the host it is at. */
  async drain(): Promise<void> {
    clearInterval(this.#timer);
    this.#isEnding = true;
    this.#forecasts.drain();
  }

  /** Stores a snapshot of every detector that changed. */
  async stop(): Promise<void> {
    await this.drain();
    await this.#sweeping;
    await this.#forecasts.stop();
    await this.#journal.drain();
    await this.#detectors.save(this.#watch, this.#watch.hostIds);
  }

  /** Every sample, before it is judged by rules. */
  observe(update: HostUpdate): void {
    this.#trends.observe(update);
    this.#watch.observe(update);
  }

  followMetrics(metrics: readonly string[]): void {
    const added = this.#trends.follow(metrics);
    // Backfill the trends of a metric that is new to the rules.
    if (this.#isRunning && added.length > 0) void this.#readPast();
  }

  async #readPast(): Promise<void> {
    await this.#trends.readPast(this.#options.history, this.#options.clock.now());
  }

  band(...asked: Parameters<LiveForesight['band']>): ReturnType<LiveForesight['band']> {
    return this.#watch.band(...asked);
  }

  /** Also undefined where the series' graded forecasts were poor and it does what was expected. */
  crossing(...asked: Parameters<LiveForesight['crossing']>): number | undefined {
    const [hostId, seriesKey, timeMs] = asked;
    const level = this.#trends.level(hostId, seriesKey) ?? Number.NaN;
    return this.#forecasts.isUnforeseeable(hostId, seriesKey, timeMs, level)
      ? undefined
      : this.#trends.crossing(...asked);
  }

  outlook(hostId: string): HostOutlook | undefined {
    const sinceMs = this.#options.clock.now() - DAY_MS;
    const anomalies = this.#log.recent(hostId, sinceMs, limits.outlookAnomalies);
    const forecasts = this.#forecasts.summaries(hostId);
    return anomalies.length + forecasts.length === 0 ? undefined : { anomalies, forecasts };
  }

  onOutlook(listener: (hostId: string) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async series(request: OutlookRequest): Promise<Outlook> {
    const { history, clock, hosts } = this.#options;
    const { hostId, key, fromMs, toMs } = request;
    if (!hosts.hasHost(hostId)) throw new ProtocolError('not-found', undefined, 'hostId');
    const forecast = await this.#forecasts.of(hostId, key);
    return {
      band: await expectedBand(history, request, clock.now(), this.#utcOffsetMs),
      anomalies: this.#log.between(hostId, key, fromMs, toMs),
      ...(typeof forecast === 'string'
        ? { forecast: null, refusal: forecast }
        : { forecast, refusal: null }),
    };
  }

  /** Newest first. */
  anomalies(limit: number): readonly Anomaly[] {
    return this.#log.latest(limit);
  }

  anomaly(id: string): Anomaly | undefined {
    return this.#log.get(id)?.anomaly;
  }

  /** "This is normal": the series has to stand out more from now on. Throws `not-found`. */
  acceptNormal(id: string, by: string): Anomaly {
    const found = this.#log.get(id);
    if (!found) throw new ProtocolError('not-found', undefined, 'id');
    if (found.anomaly.normal) return found.anomaly;
    const { target, key } = found.anomaly;
    const widening = this.#watch.acceptNormal(target.id, key);
    const normal = { by, timeMs: this.#options.clock.now() };
    const anomaly: Anomaly = { ...found.anomaly, normal };
    this.#log.replace({ anomaly, widening });
    this.#changed(target.id);
    return anomaly;
  }

  /** Takes `acceptNormal` back. Throws `not-found`. */
  undoNormal(id: string): Anomaly {
    const found = this.#log.get(id);
    if (!found) throw new ProtocolError('not-found', undefined, 'id');
    const { normal: _, ...anomaly } = found.anomaly;
    if (found.widening) this.#watch.undo(anomaly.target.id, anomaly.key, found.widening);
    this.#log.replace({ anomaly });
    this.#changed(anomaly.target.id);
    return anomaly;
  }

  async hostRemoved(hostId: string): Promise<void> {
    this.#trends.hostRemoved(hostId);
    this.#watch.hostRemoved(hostId);
    this.#log.targetRemoved(hostId);
    this.#incidents.hostRemoved(hostId);
    this.#forecasts.hostRemoved(hostId);
    await this.#journal.flush();
    await this.#detectors.remove(hostId);
  }

  /** Judges host by host, so that nothing else waits for long; resolves when all are done. */
  async sweep(): Promise<void> {
    // One at a time: a hub that cannot keep up judges less often.
    const startMs = performance.now();
    this.#sweeping ??= this.#sweepHosts().finally(() => {
      this.#sweeping = undefined;
      this.#options.lag?.record('sweep', performance.now() - startMs);
    });
    await this.#sweeping;
  }

  async #sweepHosts(): Promise<void> {
    for (const hostId of this.#watch.newHosts) {
      if (this.#isEnding) return;
      await this.#learn(hostId);
    }
    const hostIds = this.#watch.hostIds;
    for (const hostId of hostIds) {
      if (this.#isEnding) return;
      this.#found(hostId, this.#watch.sweep(hostId));
      await nextTurn();
    }
    this.#sweeps++;
    this.#journal.retry();
    const due = hostIds.filter((_, at) => (at + this.#sweeps) % SAVE_SWEEPS === 0);
    await this.#detectors.save(this.#watch, due);
  }

  /** Backfill: the detectors of a host without a usable snapshot are trained on its last day. */
  async #learn(hostId: string): Promise<void> {
    const { history, clock } = this.#options;
    // What came since the last sweep is judged with this one.
    const toMs = clock.now() - SWEEP_MS;
    await this.#watch.learn(hostId, pastMeans(history, hostId, toMs - DAY_MS, toMs, SWEEP_MS));
  }

  #found(hostId: string, alarms: readonly (Alarm | HostAlarm)[]): void {
    if (alarms.length > 0) {
      const target = this.#options.hosts.target(hostId) ?? unknownHost(hostId);
      const added = this.#log.add(alarms.map((alarm) => anomalyOf(target, alarm)));
      this.#incidents.add(hostId, added);
      this.#changed(hostId);
    }
    this.#incidents.poll(hostId);
  }

  #changed(hostId: string): void {
    for (const listener of this.#listeners) listener(hostId);
  }
}

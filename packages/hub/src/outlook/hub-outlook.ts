/**
 * What the hub makes of all series: every half minute the detectors judge, and what fired together on a host is one
 * event; rules ask here for expected bands and crossings; a host's page for what stood out and where it is going.
 */
import { DAY_MS } from '@openmanager/protocol/durations';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompressSync } from 'node:zlib';
import type { Reason } from '@openmanager/analytics';
import type { Foresight, Rule } from '@openmanager/alerting';
import {
  limits,
  ProtocolError,
  type Anomaly,
  type HostOutlook,
  type Outlook,
  type OutlookRequest,
} from '@openmanager/protocol';
import type { RecordStore, SeriesHistory } from '@openmanager/store';
import type { Clock, HostUpdate, OutlookSource, Unsubscribe } from '../ports/index.ts';
import { AnomalyLog } from './anomaly-log.ts';
import type { EventJournal } from '../hosts/event-log.ts';
import { expectedBand } from './expected-band.ts';
import { ForecastKeeper } from './forecast-keeper.ts';
import type { Problems } from '../ports/health-issues.ts';
import { pastMeans } from './past-means.ts';
import { SeriesWatch, type Alarm, type HostAlarm } from './series-watch.ts';
import { Trends } from './trends.ts';

const COLLECTION = 'detectors';
const PART = 'detectors-kept';
/** How often detectors judge. */
export const SWEEP_MS = 30_000;
/** Each host's detectors are written down once in so many sweeps. */
const SAVE_SWEEPS = 20;
/** What fires on a host so soon after an event waits for the next one. */
const EVENT_GAP_MS = 300_000;

const compress = promisify(zstdCompress);

interface Kept {
  readonly keys: readonly string[];
  readonly judged: readonly number[];
  /** Base64 of zstd. */
  readonly states: string;
  readonly together: string;
}

export interface HubOutlookOptions {
  readonly clock: Clock;
  readonly records: RecordStore;
  readonly history: Pick<SeriesHistory, 'select'>;
  readonly problems: Problems;
  readonly events: EventJournal;
  readonly knows: (hostId: string) => boolean;
  /** The same array for as long as nothing changed. */
  readonly rules: () => readonly Rule[];
  /** How often detectors judge. @default SWEEP_MS */
  readonly sweepMs?: number | undefined;
  /** @default that of the hub's time zone */
  readonly utcOffsetMs?: number;
}

interface Incident {
  eventMs: number;
  waiting: Anomaly[];
}

export class HubOutlook implements OutlookSource, Foresight {
  readonly #options: HubOutlookOptions & { readonly utcOffsetMs: number };
  readonly #watch: SeriesWatch;
  readonly #trends: Trends;
  readonly #log: AnomalyLog;
  #forecasts!: ForecastKeeper;
  readonly #incidents = new Map<string, Incident>();
  readonly #listeners = new Set<(hostId: string) => void>();
  #timer: NodeJS.Timeout | undefined;
  #sweeps = 0;
  #sweeping: Promise<void> | undefined;

  private constructor(options: HubOutlookOptions, log: AnomalyLog) {
    const utcOffsetMs = options.utcOffsetMs ?? -new Date().getTimezoneOffset() * 60_000;
    this.#options = { ...options, utcOffsetMs };
    this.#log = log;
    this.#watch = new SeriesWatch({ problems: options.problems, utcOffsetMs });
    this.#trends = new Trends({
      history: options.history,
      problems: options.problems,
      now: () => options.clock.now(),
      rules: options.rules,
    });
  }

  /** Goes on with the detectors of before. */
  static async open(options: HubOutlookOptions): Promise<HubOutlook> {
    const outlook = new HubOutlook(options, await AnomalyLog.open(options));
    outlook.#forecasts = await ForecastKeeper.open({
      ...options,
      hosts: () => outlook.#watch.keys(),
      onChange: (hostId) => outlook.#changed(hostId),
    });
    for (const [hostId, kept] of await options.records.entries<Kept>(COLLECTION)) {
      const { keys, judged } = kept;
      const [states, together] = [kept.states, kept.together].map((text) =>
        zstdDecompressSync(Buffer.from(text, 'base64')),
      ) as [Buffer, Buffer];
      outlook.#watch.restore(hostId, { keys, judged, states, together });
    }
    return outlook;
  }

  async run(): Promise<void> {
    this.#timer = setInterval(() => void this.sweep(), this.#options.sweepMs ?? SWEEP_MS);
    this.#forecasts.run();
    await this.#trends.run();
  }

  /** Writes down what was learned. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
    await this.#forecasts.stop();
    await this.#save(this.#watch.hostIds);
    await this.#log.drain();
  }

  /** Every sample, before it is judged by rules. */
  observe(update: HostUpdate): void {
    this.#trends.observe(update);
    this.#watch.observe(update);
  }

  band(...asked: Parameters<Foresight['band']>): ReturnType<Foresight['band']> {
    return this.#watch.band(...asked);
  }

  /** Undefined too where forecasts of the series turned out poor and nothing is new. */
  crossing(...asked: Parameters<Foresight['crossing']>): number | undefined {
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
    const { history, clock, knows, utcOffsetMs } = this.#options;
    const { hostId, key, fromMs, toMs } = request;
    if (!knows(hostId)) throw new ProtocolError('not-found', undefined, 'hostId');
    const forecast = await this.#forecasts.of(hostId, key);
    return {
      band: await expectedBand(history, request, clock.now(), utcOffsetMs),
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

  /** "This is normal": the series has to stand out more from now on. Throws `not-found`. */
  acceptNormal(id: string, by: string): Anomaly {
    const found = this.#log.get(id);
    if (!found) throw new ProtocolError('not-found', undefined, 'id');
    if (found.anomaly.normal) return found.anomaly;
    const { hostId, key } = found.anomaly;
    const widening = this.#watch.acceptNormal(hostId, key);
    const normal = { by, timeMs: this.#options.clock.now() };
    const anomaly: Anomaly = { ...found.anomaly, normal };
    this.#log.replace({ anomaly, widening });
    this.#changed(hostId);
    return anomaly;
  }

  /** Takes `acceptNormal` back. Throws `not-found`. */
  undoNormal(id: string): Anomaly {
    const found = this.#log.get(id);
    if (!found) throw new ProtocolError('not-found', undefined, 'id');
    const { normal: _, ...anomaly } = found.anomaly;
    if (found.widening) this.#watch.undo(anomaly.hostId, anomaly.key, found.widening);
    this.#log.replace({ anomaly });
    this.#changed(anomaly.hostId);
    return anomaly;
  }

  async hostRemoved(hostId: string): Promise<void> {
    this.#trends.hostRemoved(hostId);
    this.#watch.hostRemoved(hostId);
    this.#log.hostRemoved(hostId);
    this.#incidents.delete(hostId);
    await this.#forecasts.hostRemoved(hostId);
    await this.#options.records.write([{ collection: COLLECTION, key: hostId, remove: true }]);
  }

  /** Judges host by host, so that nothing else waits for long; resolves when all are done. */
  async sweep(): Promise<void> {
    // One at a time: a hub that cannot keep up judges less often.
    this.#sweeping ??= this.#sweepHosts().finally(() => (this.#sweeping = undefined));
    await this.#sweeping;
  }

  async #sweepHosts(): Promise<void> {
    for (const hostId of this.#watch.newHosts) await this.#learn(hostId);
    const hostIds = this.#watch.hostIds;
    for (const hostId of hostIds) {
      this.#found(hostId, this.#watch.sweep(hostId));
      await nextTurn();
    }
    this.#sweeps++;
    this.#log.save();
    await this.#save(hostIds.filter((_, at) => (at + this.#sweeps) % SAVE_SWEEPS === 0));
  }

  /** A host without detectors, new here or of an older version, learns its last day. */
  async #learn(hostId: string): Promise<void> {
    const { history, clock, sweepMs = SWEEP_MS } = this.#options;
    // What came since the last sweep is judged with this one.
    const toMs = clock.now() - sweepMs;
    await this.#watch.learn(hostId, pastMeans(history, hostId, toMs - DAY_MS, toMs, SWEEP_MS));
  }

  #found(hostId: string, alarms: readonly (Alarm | HostAlarm)[]): void {
    if (alarms.length > 0) {
      const added = this.#log.add(alarms.map((alarm) => anomalyOf(hostId, alarm)));
      let incident = this.#incidents.get(hostId);
      if (!incident)
        this.#incidents.set(
          hostId,
          (incident = { eventMs: Number.NEGATIVE_INFINITY, waiting: [] }),
        );
      incident.waiting.push(...added);
      this.#changed(hostId);
    }
    this.#tell(hostId);
  }

  /** One event for what fired together, what stood out first and most in front. */
  #tell(hostId: string): void {
    const incident = this.#incidents.get(hostId);
    const now = this.#options.clock.now();
    if (!incident || incident.waiting.length === 0 || now - incident.eventMs < EVENT_GAP_MS) return;
    const together = incident.waiting.toSorted((a, b) => a.timeMs - b.timeMs || b.score - a.score);
    incident.waiting = [];
    incident.eventMs = now;
    const root = together[0] as Anomaly;
    this.#options.events.record(
      'anomaly',
      hostId,
      { key: root.key, code: root.reason.code, count: together.length },
      together.slice(0, limits.outlookAnomalies),
    );
  }

  #changed(hostId: string): void {
    for (const listener of this.#listeners) listener(hostId);
  }

  async #save(hostIds: readonly string[]): Promise<void> {
    for (const hostId of hostIds) {
      const snapshot = this.#watch.snapshot(hostId);
      if (!snapshot) continue;
      const { keys, judged } = snapshot;
      try {
        const [states, together] = await Promise.all([
          compress(snapshot.states),
          compress(snapshot.together),
        ]);
        const value: Kept = {
          keys,
          judged,
          states: states.toString('base64'),
          together: together.toString('base64'),
        };
        await this.#options.records.write([{ collection: COLLECTION, key: hostId, value }]);
        this.#options.problems.clear(PART);
      } catch {
        this.#watch.unsaved(hostId);
        this.#options.problems.set(
          PART,
          'What was learned of the series cannot be stored: a restart would forget it.',
        );
        return;
      }
    }
  }
}

function anomalyOf(hostId: string, alarm: Alarm | HostAlarm): Omit<Anomaly, 'id'> {
  const { key, timeMs, value, score } = alarm;
  const bound = (edge: number): number | null => (Number.isFinite(edge) ? edge : null);
  return {
    hostId,
    key,
    timeMs,
    value,
    lower: bound(alarm.lower),
    upper: bound(alarm.upper),
    score,
    ...('contributors' in alarm
      ? {
          reason: finite({ code: 'host', factor: alarm.reason.factor }),
          contributors: alarm.contributors,
        }
      : { reason: finite(alarm.reason) }),
  };
}

/** JSON has no Infinity. */
function finite(reason: Reason | Anomaly['reason']): Anomaly['reason'] {
  const fields = Object.entries(reason).filter(
    ([, field]) => typeof field !== 'number' || Number.isFinite(field),
  );
  return Object.fromEntries(fields) as unknown as Anomaly['reason'];
}

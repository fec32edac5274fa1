import {
  outlookSchema,
  ProtocolError,
  targetTopic,
  topicOf,
  type Alert,
  type Answer,
  type Backfill,
  type Delta,
  type Keyframe,
  type History,
  type HistoryRequest,
  type MessagePayload,
  type Outlook,
  type OutlookRequest,
  type SystemStatus,
  type Topic,
  type TopicName,
} from '@openmanager/protocol';
import { Connection, type ConnectionTuning } from './connection/connection.ts';
import { systemEnvironment, type Environment } from './connection/environment.ts';
import { LatencyWindow } from './latency.ts';
import { clientDefaults, originOf } from './options.ts';
import { GapLog } from './series/gaps.ts';
import { SeriesStore } from './series/series-store.ts';
import { AlertList } from './state/alert-list.ts';
import { Batch, Signal } from './state/batch.ts';
import { EventList } from './state/event-list.ts';
import type { HostRow, HostTable } from './state/host-table.ts';
import { newCounters } from './stats.ts';
import { historySchema } from './subscription/answers.ts';
import { Subscriptions } from './subscription/subscriptions.ts';
import type {
  ClientOptions,
  ClientStats,
  ClientTuning,
  ConnectionState,
  Gap,
  HostState,
  Listener,
  OpenManagerClient,
  Readable,
  SeriesSnapshot,
  ServerMetrics,
  SubscribeOptions,
  SubscriptionInfo,
} from './types.ts';

/** A client of one hub. Opens nothing before `connect`, and may be made while rendering on a server. */
export function createClient(options: ClientOptions = {}): OpenManagerClient {
  return new Client(options, systemEnvironment);
}

type SignalName =
  | 'connection'
  | 'subscriptions'
  | 'fleet'
  | 'alerts'
  | 'events'
  | 'system'
  | 'stats'
  | 'latest';

/** Composition root of the client: subscriptions feed the observable state and the series rings. */
export class Client implements OpenManagerClient {
  readonly url: string;
  readonly connection: Readable<ConnectionState>;
  readonly subscriptions: Readable<readonly SubscriptionInfo[]>;
  readonly fleet: Readable<readonly ServerMetrics[]>;
  readonly alerts: Readable<readonly Alert[]>;
  readonly events: OpenManagerClient['events'];
  readonly system: Readable<SystemStatus | null>;
  readonly stats: Readable<ClientStats>;
  readonly latest: Readable<ServerMetrics | null>;

  readonly #environment: Environment;
  readonly #tuning: ConnectionTuning & { debug: boolean };
  readonly #pointsInAll: number;
  readonly #link: Connection;
  readonly #topics: Subscriptions;
  readonly #batch: Batch;
  readonly #gaps = new GapLog();
  readonly #points: SeriesStore;
  readonly #alertList: AlertList;
  readonly #eventList = new EventList();
  readonly #alertListeners = new Set<(alert: Alert) => void>();
  readonly #hostSignals = new Map<string, Signal>();
  readonly #hostStates = new WeakMap<ServerMetrics, HostState>();
  readonly #latency = new LatencyWindow();
  readonly #counters = newCounters();
  readonly #signals: Record<SignalName, Signal>;
  #fleetList: readonly ServerMetrics[] = [];
  #fleetTable: HostTable | undefined;
  #systemStatus: SystemStatus | null = null;
  #latestHost: ServerMetrics | null = null;
  #statsSnapshot: ClientStats | undefined;
  #statusWaiters: (() => void)[] = [];
  #hasConnected = false;
  #cancelHidden: (() => void) | undefined;

  constructor(options: ClientOptions, environment: Environment) {
    const set = { ...clientDefaults, ...options };
    this.url = originOf(options);
    this.#tuning = {
      reconnectAttempts: set.reconnectAttempts,
      keepTrying: set.keepTrying,
      debug: set.debug,
    };
    this.#pointsInAll = set.pointsInAll;
    this.#environment = {
      ...environment,
      log: (message, detail) => {
        if (this.#tuning.debug) environment.log(message, detail);
      },
    };
    this.#batch = new Batch(this.#environment);
    this.#points = new SeriesStore(set, this.#batch, this.#gaps);
    this.#alertList = new AlertList((alert) => this.#announce(alert));
    this.#link = new Connection(
      { url: this.url, token: options.token },
      this.#tuning,
      this.#environment,
      {
        opened: () => this.#opened(),
        closed: () => this.#topics.closed(),
        stateChanged: () => this.#changed('connection'),
        frame: (bytes) => this.#frameCame(bytes),
        lagging: ({ lagging, framesCoalesced }) => {
          this.#counters.lagging = lagging;
          this.#counters.framesCoalesced = framesCoalesced;
          this.#statsChanged();
        },
      },
    );
    this.#topics = new Subscriptions(
      this.#environment,
      (event, payload, schema, done) => this.#link.request(event, payload, schema, done),
      {
        hosts: (topic, table, rows, frame) => this.#hostsChanged(topic, table, rows, frame),
        backfill: (topic, frame) => this.#backfilled(frame),
        message: (payload) => {
          this.#counters.messagesReceived++;
          this.#applyMessage(payload);
        },
        gap: (gap) => this.#recordGap(gap),
        resumed: (recovery) => {
          this.#counters[recovery]++;
          this.#statsChanged();
        },
        malformed: () => {
          this.#counters.malformedFrames++;
          this.#statsChanged();
        },
        infosChanged: () => this.#signals.subscriptions.changed(),
      },
    );
    const signal = (): Signal => new Signal(this.#batch);
    this.#signals = {
      connection: signal(),
      subscriptions: signal(),
      fleet: signal(),
      alerts: signal(),
      events: signal(),
      system: signal(),
      stats: signal(),
      latest: signal(),
    };
    this.connection = this.#signals.connection.readable(() => this.#link.state);
    this.subscriptions = this.#signals.subscriptions.readable(() => this.#topics.infos);
    this.fleet = this.#signals.fleet.readable(() => this.#fleetList);
    this.alerts = this.#signals.alerts.readable(() => this.#alertList.list);
    this.events = this.#signals.events.readable(() => this.#eventList.list);
    this.system = this.#signals.system.readable(() => this.#systemStatus);
    this.stats = this.#signals.stats.readable(
      () => (this.#statsSnapshot ??= this.#describeStats()),
    );
    this.latest = this.#signals.latest.readable(() => this.#latestHost);
  }

  configure(tuning: ClientTuning): void {
    if (tuning.reconnectAttempts !== undefined)
      this.#tuning.reconnectAttempts = tuning.reconnectAttempts;
    if (tuning.keepTrying !== undefined) this.#tuning.keepTrying = tuning.keepTrying;
    if (tuning.debug !== undefined) this.#tuning.debug = tuning.debug;
  }

  connect(): void {
    if (this.url === '')
      throw new ProtocolError(
        'invalid-input',
        'Outside a page the url of the hub is needed.',
        'url',
      );
    this.#cancelHidden ??= this.#environment.onHidden((isHidden) => this.#topics.hidden(isHidden));
    this.#link.connect();
  }

  disconnect(): void {
    this.#cancelHidden?.();
    this.#cancelHidden = undefined;
    this.#link.disconnect();
  }

  close(): void {
    this.disconnect();
    for (const settle of this.#statusWaiters.splice(0)) settle();
  }

  subscribeTopic(name: TopicName, options: SubscribeOptions = {}): () => void {
    // Under its one name, so that who holds `host:<id>` and who holds `target:<id>` share it.
    const topic = topicOf(name);
    if (topic === undefined)
      throw new ProtocolError('unknown-topic', `no such topic: ${name}`, 'topic');
    return this.#topics.hold(topic, { ...options, minPriority: options.minPriority ?? 'low' });
  }

  host(hostId: string): Readable<HostState | null> {
    return {
      subscribe: (listener) => this.#listenToHost(hostId, listener),
      getSnapshot: () => this.#hostState(hostId),
    };
  }

  series(hostId: string, key: string): Readable<SeriesSnapshot> {
    return this.#points.series(hostId, key);
  }

  loadHistory(request: HistoryRequest): Promise<Answer<History>> {
    return new Promise((resolve) => {
      this.#link.request('history', request, historySchema, (answer) => {
        if (answer.ok) this.#keepHistory(request.hostId, answer);
        resolve(answer);
      });
    });
  }

  loadOutlook(request: OutlookRequest): Promise<Answer<Outlook>> {
    return new Promise((resolve) => {
      this.#link.request('outlook', request, outlookSchema, resolve);
    });
  }

  refreshStatus(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#link.state.status !== 'connected') {
        resolve();
        return;
      }
      const release = this.#topics.hold('system', { minPriority: 'low' });
      const settle = (): void => {
        cancel();
        release();
        this.#statusWaiters = this.#statusWaiters.filter((waiter) => waiter !== settle);
        resolve();
      };
      const cancel = this.#environment.after(REFRESH_WITHIN_MS, settle);
      this.#statusWaiters.push(settle);
      this.#topics.refresh('system');
    });
  }

  clearData(): void {
    this.#points.clear();
    this.#gaps.clear();
    this.#alertList.clear();
    this.#eventList.clear();
    this.#changed('alerts');
    this.#changed('events');
    this.#statsChanged();
  }

  onAlert(listener: (alert: Alert) => void): () => void {
    const own = (alert: Alert): void => listener(alert);
    this.#alertListeners.add(own);
    return () => {
      this.#alertListeners.delete(own);
    };
  }

  hubNow(): number {
    return this.#environment.now() + this.#link.clock.offsetMs;
  }

  #opened(): void {
    if (this.#hasConnected) this.#counters.reconnects++;
    this.#hasConnected = true;
    this.#counters.lagging = false;
    this.#counters.framesCoalesced = 0;
    this.#topics.opened();
  }

  #changed(name: SignalName): void {
    this.#signals[name].changed();
    // The measured round trip is part of both.
    if (name === 'connection') this.#statsChanged();
  }

  #statsChanged(): void {
    this.#statsSnapshot = undefined;
    this.#signals.stats.changed();
  }

  #frameCame(bytes: Uint8Array): void {
    this.#counters.framesReceived++;
    this.#counters.bytesReceived += bytes.length;
    this.#counters.lastReceivedMs = this.#environment.now();
    this.#topics.frame(bytes);
    this.#statsChanged();
  }

  #hostsChanged(
    topic: Topic,
    table: HostTable,
    rows: readonly HostRow[],
    frame: Keyframe | Delta,
  ): void {
    const isFleet = topic === 'fleet';
    let newest: ServerMetrics | undefined;
    for (const row of rows) {
      const { timeMs } = row.current;
      // The host's own topic wins: what the fleet says of the same time fills in, and never overwrites.
      this.#points.pushRow(row.hostId, row.keySet.keys, timeMs, row.values, !isFleet);
      if (!newest || timeMs >= newest.timeMs) newest = row.current;
      this.#hostSignals.get(row.hostId)?.changed();
    }
    if (isFleet) {
      this.#fleetTable = table;
      if (this.#fleetList !== table.list) {
        this.#fleetList = table.list;
        this.#signals.fleet.changed();
      }
    }
    // Facts and processes change without a sample, and a keyframe may leave a host out.
    if (frame.kind === 'keyframe' || frame.meta)
      for (const signal of this.#hostSignals.values()) signal.changed();
    if (!newest) return;
    if (frame.kind === 'delta') this.#latency.add(this.hubNow() - newest.timeMs);
    this.#latestHost = newest;
    this.#signals.latest.changed();
  }

  #backfilled(frame: Backfill): void {
    this.#points.mergeColumns(frame.hostId, frame.keys, frame.timesMs, frame.columns);
  }

  #keepHistory(hostId: string, history: History): void {
    for (const [index, key] of history.keys.entries()) {
      // Means of a step must not stand among the samples they were made of.
      const before =
        history.stepMs > 0 ? this.#points.oldestMs(hostId, key) - history.stepMs : Infinity;
      this.#points.mergeColumns(
        hostId,
        [key],
        history.timesMs,
        [history.columns[index] ?? []],
        before,
      );
    }
  }

  #applyMessage(payload: MessagePayload): void {
    switch (payload.topic) {
      case 'alerts':
        this.#alertList[payload.kind](payload.alerts, this.hubNow());
        this.#changed('alerts');
        break;
      case 'events':
        this.#eventList[payload.kind](payload.events);
        this.#changed('events');
        break;
      case 'system':
        this.#systemStatus = payload.status;
        this.#changed('system');
        for (const settle of this.#statusWaiters.splice(0)) settle();
        break;
    }
  }

  #recordGap(gap: Gap): void {
    this.#gaps.record(gap);
    this.#points.gapsChanged();
    this.#statsChanged();
  }

  #announce(alert: Alert): void {
    for (const listener of this.#alertListeners) listener(alert);
  }

  #listenToHost(hostId: string, listener: Listener): () => void {
    let signal = this.#hostSignals.get(hostId);
    if (!signal) this.#hostSignals.set(hostId, (signal = new Signal(this.#batch)));
    const stop = signal.listen(listener);
    return () => {
      stop();
      if (!signal.watched && this.#hostSignals.get(hostId) === signal)
        this.#hostSignals.delete(hostId);
    };
  }

  #hostState(hostId: string): HostState | null {
    const table = this.#topics.table(targetTopic(hostId));
    const own = table?.state(hostId);
    const state = own ?? this.#fleetTable?.state(hostId);
    if (!state) return null;
    const processes = own ? (table?.processes ?? null) : null;
    const outlook = own ? (table?.outlook ?? null) : null;
    const known = this.#hostStates.get(state);
    if (known?.processes === processes && known.outlook === outlook) return known;
    const made: HostState = { ...state, processes, outlook };
    this.#hostStates.set(state, made);
    return made;
  }

  #describeStats(): ClientStats {
    const { state } = this.#link;
    return {
      ...this.#counters,
      gaps: this.#gaps.list,
      rttMs: state.status === 'connected' ? state.rttMs : null,
      latencyMs: this.#latency.percentiles(),
      points: { held: this.#points.held, limit: this.#pointsInAll, evicted: this.#points.evicted },
    };
  }
}

const REFRESH_WITHIN_MS = 10_000;

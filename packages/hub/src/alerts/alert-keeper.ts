import { DAY_MS } from '@openmanager/protocol/durations';
import {
  AlertEngine,
  defaultRules,
  ruleInfo,
  type EngineOptions,
  type Rule,
} from '@openmanager/alerting';
import {
  hubTarget,
  unknownHost,
  type Alert,
  type HostFact,
  type HostInfo,
  type HubFact,
  type RuleInfo,
  type Severity,
  type Target,
} from '@openmanager/protocol';
import type { RecordChange, RecordStore } from '@openmanager/store';
import type { AlertSource, Clock, HostUpdate, KnownHosts, Unsubscribe } from '../ports/index.ts';
import { collection, LogKeys, timeKey, withTarget, type Journal } from '../records/index.ts';
import { MetricsSeen } from './metrics-seen.ts';
import type { Outbox } from './outbox.ts';

const currentAlerts = collection<Alert>('alerts', (stored) => withTarget(stored));
/** Until when alerts were judged; kept while one is pending, which a hub that was away must not take for all that time. */
const judged = collection<number>('alerts-judged');
const JUDGED = 'until';
const JUDGED_EVERY_MS = 10_000;
const resolvedAlerts = collection<Alert>('alert-history', (stored) => withTarget(stored));

/** How long agents may take to come back after a start of the hub before they count as silent. */
const RETURN_GRACE_MS = 30_000;

export interface AlertKeeperOptions {
  readonly records: RecordStore;
  readonly clock: Clock;
  readonly journal: Journal<Alert>;
  readonly hosts: Pick<KnownHosts, 'target'>;
  /**
   * Answers the notification records to store in the same transaction as the alerts, and alerts with the decision of
   * who is told, which is announced and not stored. @default none
   */
  readonly outbox?: Pick<Outbox, 'take' | 'decided'> | undefined;
  /** @default defaultRules */
  readonly rules?: readonly Rule[];
  readonly engine?: EngineOptions;
  /** Resolved alerts kept. @default 10_000 */
  readonly historyLimit?: number;
  /** @default 90 days */
  readonly historyAgeMs?: number;
  /** The time from which ages are counted; undefined while the clock is in doubt. @default the clock's */
  readonly agesFrom?: ((nowMs: number) => number | undefined) | undefined;
}

export const alertKeeperDefaults: Required<
  Pick<AlertKeeperOptions, 'rules' | 'historyLimit' | 'historyAgeMs'>
> = {
  rules: defaultRules,
  historyLimit: 10_000,
  historyAgeMs: 90 * DAY_MS,
};

/**
 * Feeds the rule engine and persists its alerts. Changes are durable before they are announced, so that nobody is told
 * of an alert that a crash would forget.
 */
export class AlertKeeper implements AlertSource {
  readonly #options: AlertKeeperOptions & typeof alertKeeperDefaults;
  readonly #engine: AlertEngine;
  /** As announced. */
  readonly #known: Map<string, Alert>;
  readonly #history: LogKeys<Alert>;
  readonly #listeners = new Set<(changed: readonly Alert[]) => void>();
  readonly #factKeys = new Map<string, readonly string[]>();
  /** What agents send. */
  readonly seen: MetricsSeen = new MetricsSeen();
  #ruleSet: readonly Rule[];
  #judgedMs = 0;

  private constructor(
    options: AlertKeeperOptions & typeof alertKeeperDefaults,
    current: readonly Alert[],
    history: LogKeys<Alert>,
    resolved: readonly Alert[],
  ) {
    this.#options = options;
    // Alerts that resolved lately count towards flapping.
    const restored = [...current, ...resolved];
    this.#engine = new AlertEngine(options.rules, restored, {
      ...options.engine,
      target: (id) => options.hosts.target(id),
    });
    this.#ruleSet = options.rules;
    this.#known = new Map(current.map((alert) => [alert.id, alert]));
    this.#history = history;
    options.journal.onAnnounced((alerts) => this.#announce(alerts));
  }

  static async open(options: AlertKeeperOptions): Promise<AlertKeeper> {
    const set = { ...alertKeeperDefaults, ...options };
    const current = await currentAlerts.entries(set.records);
    const [[, leftMs] = []] = await judged.entries(set.records);
    const { keys, entries } = await LogKeys.open(set.records, resolvedAlerts, set.historyLimit);
    return new AlertKeeper(
      leftMs === undefined ? set : { ...set, engine: { ...set.engine, leftMs } },
      current.map(([, alert]) => notLater(alert, set.clock.now())),
      keys,
      // Newest first.
      entries.map(([, alert]) => alert).toReversed(),
    );
  }

  rules(): readonly RuleInfo[] {
    return this.#ruleSet.map(ruleInfo);
  }

  /** Judges by other rules from here on; alerts of those that are gone end. */
  replaceRules(rules: readonly Rule[]): void {
    this.#changed(this.#engine.replaceRules(rules, this.#options.clock.now()));
    this.#ruleSet = rules;
  }

  /** A value about a host that does not come from its samples, such as its clock's offset. */
  fact(hostId: string, metric: HostFact, value: number): void {
    this.#fact(this.#target(hostId), metric, value);
  }

  /** A value about the hub itself. */
  hubFact(metric: HubFact, value: number): void {
    this.#fact(hubTarget, metric, value);
  }

  #fact(target: Target, metric: HostFact | HubFact, value: number): void {
    let keys = this.#factKeys.get(metric);
    if (!keys) this.#factKeys.set(metric, (keys = [metric]));
    const timeMs = this.#options.clock.now();
    this.#changed(this.#engine.observeFacts({ target, timeMs, keys, values: [value] }));
  }

  current(): readonly Alert[] {
    const alerts = [...this.#known.values()].toSorted((a, b) => a.activeAtMs - b.activeAtMs);
    const { outbox } = this.#options;
    return outbox ? alerts.map((alert) => outbox.decided(alert)) : alerts;
  }

  onChange(listener: (changed: readonly Alert[]) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Judges a sample at once; answers the host's worst firing severity. */
  judge(update: HostUpdate): Severity | undefined {
    const { hostId, timeMs, keys, values, receivedMs } = update;
    this.seen.note(keys);
    const target = this.#target(hostId);
    this.#changed(this.#engine.observe({ target, timeMs, keys, values }, receivedMs));
    return this.#engine.worstSeverity(hostId);
  }

  /** The host is expected to send; one known from before a restart gets time to come back. */
  expect({ hostId, intervalMs }: HostInfo, afterRestart = false): void {
    const heardMs = this.#options.clock.now() + (afterRestart ? RETURN_GRACE_MS : 0);
    this.#engine.targetSeen({ target: this.#target(hostId), intervalMs }, heardMs);
  }

  #target(hostId: string): Target {
    return this.#options.hosts.target(hostId) ?? unknownHost(hostId);
  }

  hostRemoved(hostId: string): void {
    this.#changed(this.#engine.targetRemoved(hostId, this.#options.clock.now()));
  }

  /** Of the host's firing alerts. */
  worstSeverity(hostId: string): Severity | undefined {
    return this.#engine.worstSeverity(hostId);
  }

  /** What the hub itself missed is no silence of its hosts. */
  missed(ms: number): void {
    this.#engine.paused(ms, this.#options.clock.now());
  }

  /** Notices silence and due times, and prunes the history. Once a second. Answers the hosts whose alerts changed. */
  tick(): readonly string[] {
    const now = this.#options.clock.now();
    const changed = this.#engine.tick(now);
    this.#changed(changed);
    if (Math.abs(now - this.#judgedMs) >= JUDGED_EVERY_MS) this.keepJudged();
    const { agesFrom = (nowMs) => nowMs, historyAgeMs } = this.#options;
    const agesMs = agesFrom(now);
    const old = this.#history.trim(agesMs === undefined ? '' : timeKey(agesMs - historyAgeMs));
    if (old.length > 0) this.#options.journal.write(old);
    return [...new Set(changed.flatMap(({ target }) => (target.kind === 'host' ? target.id : [])))];
  }

  /** Writes down until when alerts were judged, if one is pending. */
  keepJudged(): void {
    const nowMs = this.#options.clock.now();
    for (const { state } of this.#known.values()) {
      if (state !== 'pending') continue;
      this.#judgedMs = nowMs;
      return this.#options.journal.write([judged.put(JUDGED, nowMs)]);
    }
  }

  /** Resolved alerts, newest first; only those resolved before `beforeMs` when given. */
  async history(limit: number, beforeMs?: number): Promise<readonly Alert[]> {
    const { records } = this.#options;
    const before = beforeMs === undefined ? undefined : timeKey(beforeMs);
    const page = [...(await resolvedAlerts.latest(records, limit, before))];
    // A page does not end amid alerts of one ms: the next page begins before that ms.
    for (let last = page.at(-1); page.length >= limit && last; last = page.at(-1)) {
      const [next] = await resolvedAlerts.latest(records, 1, last[0]);
      if (!next || next[1].resolvedAtMs !== last[1].resolvedAtMs) break;
      page.push(next);
    }
    return page.map(([, alert]) => alert);
  }

  /** One transaction: the alerts, and their notifications. */
  #changed(alerts: readonly Alert[]): void {
    if (alerts.length === 0) return;
    const { journal, outbox } = this.#options;
    journal.write(
      [
        ...alerts.flatMap((alert) => this.#changesOf(alert)),
        ...this.#history.trim(),
        ...(outbox?.take(alerts) ?? []),
      ],
      outbox ? alerts.map((alert) => outbox.decided(alert)) : alerts,
    );
  }

  #changesOf(alert: Alert): RecordChange[] {
    if (isCurrent(alert)) return [currentAlerts.put(alert.id, alert)];
    if (alert.state !== 'resolved') return [currentAlerts.remove(alert.id)];
    const key = `${timeKey(alert.resolvedAtMs ?? alert.sampleTimeMs)} ${alert.id}`;
    this.#history.add(key);
    return [currentAlerts.remove(alert.id), resolvedAlerts.put(key, alert)];
  }

  #announce(alerts: readonly Alert[]): void {
    for (const alert of alerts) {
      if (isCurrent(alert)) this.#known.set(alert.id, alert);
      else this.#known.delete(alert.id);
    }
    for (const listener of this.#listeners) listener(alerts);
  }
}

function isCurrent({ state }: Alert): boolean {
  return state === 'pending' || state === 'firing';
}

/**
 * An alert of a life of the hub whose clock was ahead: every sample until then would be older than the last one that was
 * judged. The times that say what happened stay, and so does the id that is made of one.
 */
function notLater(alert: Alert, nowMs: number): Alert {
  return alert.sampleTimeMs <= nowMs ? alert : { ...alert, sampleTimeMs: nowMs };
}

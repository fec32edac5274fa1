import { DAY_MS } from '@openmanager/protocol/durations';
import {
  AlertEngine,
  defaultRules,
  ruleInfo,
  type EngineOptions,
  type Rule,
} from '@openmanager/alerting';
import type { Alert, HostInfo, RuleInfo, Severity } from '@openmanager/protocol';
import type { RecordChange, RecordStore } from '@openmanager/store';
import type { AlertSource, Clock, HostUpdate, Unsubscribe } from '../ports/index.ts';
import type { Problems } from '../ports/health-issues.ts';

const CURRENT = 'alerts';
const HISTORY = 'alert-history';
const PART = 'alerts';
const TIME_DIGITS = 16;

/** How long agents may take to come back after a start of the hub before they count as silent. */
const RETURN_GRACE_MS = 30_000;

export interface AlertKeeperOptions {
  readonly records: RecordStore;
  readonly clock: Clock;
  readonly problems: Problems;
  readonly hostname: (hostId: string) => string | undefined;
  /** What people put on the host. @default none */
  readonly tags?: (hostId: string) => readonly string[];
  /** @default defaultRules */
  readonly rules?: readonly Rule[];
  readonly engine?: EngineOptions;
  /** Records to be written in one transaction with these alerts: what is to be told of them. @default none */
  readonly alongside?: (alerts: readonly Alert[]) => readonly RecordChange[];
  /** Resolved alerts kept. @default 10_000 */
  readonly historyLimit?: number;
  /** @default 90 days */
  readonly historyAgeMs?: number;
}

export const alertKeeperDefaults: Required<
  Pick<AlertKeeperOptions, 'rules' | 'historyLimit' | 'historyAgeMs'>
> = {
  rules: defaultRules,
  historyLimit: 10_000,
  historyAgeMs: 90 * DAY_MS,
};

/**
 * Joins the rule engine to the store: what changes is written down first and announced then, so that nobody is
 * told of an alert that a restart would forget. When the store fails, alerts are announced all the same (a full
 * disk is what they may be about) and written when it works again.
 */
export class AlertKeeper implements AlertSource {
  readonly #options: AlertKeeperOptions & typeof alertKeeperDefaults;
  readonly #engine: AlertEngine;
  /** As announced. */
  readonly #known: Map<string, Alert>;
  /** Keys of the history, ascending. */
  readonly #historyKeys: string[];
  readonly #listeners = new Set<(changed: readonly Alert[]) => void>();
  readonly #factKeys = new Map<string, readonly string[]>();
  #ruleSet: readonly Rule[];
  #unannounced: Alert[] = [];
  readonly #unsaved = new Map<string, RecordChange>();
  #writing: Promise<void> | undefined;

  private constructor(
    options: AlertKeeperOptions,
    current: readonly Alert[],
    history: readonly (readonly [key: string, alert: Alert])[],
  ) {
    this.#options = { ...alertKeeperDefaults, ...options };
    // Alerts that resolved lately count towards flapping.
    const restored = [...current, ...history.map(([, alert]) => alert)];
    this.#engine = new AlertEngine(this.#options.rules, restored, options.engine);
    this.#ruleSet = this.#options.rules;
    this.#known = new Map(current.map((alert) => [alert.id, alert]));
    this.#historyKeys = history.map(([key]) => key).toReversed();
  }

  static async open(options: AlertKeeperOptions): Promise<AlertKeeper> {
    const current = await options.records.entries<Alert>(CURRENT);
    const limit = options.historyLimit ?? alertKeeperDefaults.historyLimit;
    const history = await options.records.latest<Alert>(HISTORY, limit);
    return new AlertKeeper(
      options,
      current.map(([, alert]) => alert),
      history,
    );
  }

  /** The same array for as long as nothing changed. */
  get currentRules(): readonly Rule[] {
    return this.#ruleSet;
  }

  rules(): readonly RuleInfo[] {
    return this.#ruleSet.map(ruleInfo);
  }

  /** Judges by other rules from here on; alerts of those that are gone end. */
  replaceRules(rules: readonly Rule[]): void {
    this.#changed(this.#engine.replaceRules(rules, this.#options.clock.now()));
    this.#ruleSet = rules;
  }

  /** A fact about a host that no sample tells. */
  fact(hostId: string, metric: string, value: number): void {
    const hostname = this.#options.hostname(hostId) ?? hostId;
    let keys = this.#factKeys.get(metric);
    if (!keys) this.#factKeys.set(metric, (keys = [metric]));
    const timeMs = this.#options.clock.now();
    this.#changed(this.#engine.observeFacts({ hostId, hostname, timeMs, keys, values: [value] }));
  }

  /** Writes records of other parts in order with the alerts'. */
  record(changes: readonly RecordChange[]): void {
    for (const change of changes) this.#put(change);
    this.#save();
  }

  /** Whether everything that was decided is on disk, or cannot be written anyway. */
  get quiet(): boolean {
    return this.#writing === undefined;
  }

  current(): readonly Alert[] {
    return [...this.#known.values()].toSorted((a, b) => a.activeAtMs - b.activeAtMs);
  }

  onChange(listener: (changed: readonly Alert[]) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Judges a sample at once; answers the host's worst firing severity. */
  judge(update: HostUpdate): Severity | undefined {
    const { hostId, timeMs, keys, values, receivedMs } = update;
    const hostname = this.#options.hostname(hostId) ?? hostId;
    this.#changed(this.#engine.observe({ hostId, hostname, timeMs, keys, values }, receivedMs));
    return this.#engine.worstSeverity(hostId);
  }

  /** The host is expected to send; one known from before a restart gets time to come back. */
  expect(info: HostInfo, afterRestart = false): void {
    const { hostId, facts, intervalMs } = info;
    const heardMs = this.#options.clock.now() + (afterRestart ? RETURN_GRACE_MS : 0);
    const tags = this.#options.tags?.(hostId);
    this.#engine.hostSeen({ hostId, hostname: facts.hostname, intervalMs, tags }, heardMs);
  }

  hostRemoved(hostId: string): void {
    this.#changed(this.#engine.hostRemoved(hostId, this.#options.clock.now()));
  }

  /** Of the host's firing alerts. */
  worstSeverity(hostId: string): Severity | undefined {
    return this.#engine.worstSeverity(hostId);
  }

  /**
   * Notices silence and due times, prunes the history, retries what could not be written. Once a second. Answers
   * the hosts whose alerts changed without a sample.
   */
  tick(): readonly string[] {
    const now = this.#options.clock.now();
    const changed = this.#engine.tick(now);
    this.#changed(changed);
    const oldest = timeKey(now - this.#options.historyAgeMs);
    while ((this.#historyKeys[0] ?? oldest) < oldest) this.#forgetOldest();
    this.#save();
    return [...new Set(changed.map((alert) => alert.hostId))];
  }

  /** Resolved alerts, newest first; only those resolved before `beforeMs` when given. */
  async history(limit: number, beforeMs?: number): Promise<readonly Alert[]> {
    const { records } = this.#options;
    const before = beforeMs === undefined ? undefined : timeKey(beforeMs);
    const page = [...(await records.latest<Alert>(HISTORY, limit, before))];
    // A page does not end amid alerts of one ms: the next page begins before that ms.
    for (let last = page.at(-1); page.length >= limit && last; last = page.at(-1)) {
      const [next] = await records.latest<Alert>(HISTORY, 1, last[0]);
      if (!next || next[1].resolvedAtMs !== last[1].resolvedAtMs) break;
      page.push(next);
    }
    return page.map(([, alert]) => alert);
  }

  /** Resolves when every change was written and announced. */
  async drain(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #changed(alerts: readonly Alert[]): void {
    if (alerts.length === 0) return;
    for (const alert of alerts) this.#stage(alert);
    for (const change of this.#options.alongside?.(alerts) ?? []) this.#put(change);
    this.#unannounced.push(...alerts);
    this.#save();
  }

  #stage(alert: Alert): void {
    const lives = alert.state === 'pending' || alert.state === 'firing';
    this.#put(
      lives
        ? { collection: CURRENT, key: alert.id, value: alert }
        : { collection: CURRENT, key: alert.id, remove: true },
    );
    if (alert.state !== 'resolved') return;
    const key = `${timeKey(alert.resolvedAtMs ?? alert.sampleTimeMs)} ${alert.id}`;
    this.#put({ collection: HISTORY, key, value: alert });
    // Almost always the last place; times of different hosts may differ a little.
    let place = this.#historyKeys.length;
    while (place > 0 && (this.#historyKeys[place - 1] as string) > key) place--;
    if (this.#historyKeys[place - 1] !== key) this.#historyKeys.splice(place, 0, key);
    while (this.#historyKeys.length > this.#options.historyLimit) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const key = this.#historyKeys.shift();
    if (key !== undefined) this.#put({ collection: HISTORY, key, remove: true });
  }

  #put(change: RecordChange): void {
    this.#unsaved.set(`${change.collection} ${change.key}`, change);
  }

  #save(): void {
    if (this.#unsaved.size === 0 && this.#unannounced.length === 0) return;
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  async #write(): Promise<void> {
    while (this.#unsaved.size > 0 || this.#unannounced.length > 0) {
      const batch = [...this.#unsaved];
      const alerts = this.#unannounced.splice(0);
      let saved = true;
      try {
        await this.#options.records.write(batch.map(([, change]) => change));
      } catch {
        saved = false;
      }
      if (saved) {
        for (const [key, change] of batch)
          if (this.#unsaved.get(key) === change) this.#unsaved.delete(key);
        this.#options.problems.clear(PART);
      } else {
        this.#options.problems.set(
          PART,
          'Alerts cannot be stored; they are announced all the same.',
        );
      }
      this.#announce(alerts);
      if (!saved && this.#unannounced.length === 0) return;
    }
  }

  #announce(alerts: readonly Alert[]): void {
    if (alerts.length === 0) return;
    for (const alert of alerts) {
      if (alert.state === 'pending' || alert.state === 'firing') this.#known.set(alert.id, alert);
      else this.#known.delete(alert.id);
    }
    for (const listener of this.#listeners) listener(alerts);
  }
}

function timeKey(timeMs: number): string {
  return String(Math.max(0, Math.floor(timeMs))).padStart(TIME_DIGITS, '0');
}

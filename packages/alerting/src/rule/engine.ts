import { severities, type Alert, type Severity } from '@openmanager/protocol';
import * as v from 'valibot';
import {
  alertOf,
  endedAlert,
  restoredInstance,
  seriesInstance,
  silenceInstance,
  type Instance,
  type SeriesInstance,
} from './instance.ts';
import { rulesSchema, type AbsentRule, type AboveRule, type Rule } from './rule.ts';
import { SeriesIndex } from './series-index.ts';
import type { Cause } from './summary.ts';
import { transition, type Finding } from './transition.ts';

/** A host and how often it means to send samples. */
export interface ExpectedHost {
  readonly hostId: string;
  readonly hostname: string;
  readonly intervalMs: number;
}

/** All samples of one host at one time. */
export interface Observation {
  readonly hostId: string;
  readonly hostname: string;
  /** Epoch ms, increasing per host. */
  readonly timeMs: number;
  /** Series keys; the same array for the same set, or the rules are matched anew each time. */
  readonly keys: readonly string[];
  /** One value per key, base units; not finite where there is no sample. */
  readonly values: ArrayLike<number>;
}

interface Host {
  readonly hostId: string;
  hostname: string;
  intervalMs: number;
  /** A shorter interval holds from the next sample on: the host may not know of it yet. */
  nextIntervalMs: number;
  /** When it was last heard, by our clock; undefined for a host that only restored alerts tell of. */
  heardMs: number | undefined;
  /** Our clock minus the time of the newest sample. */
  lagMs: number | undefined;
  sampleMs: number | undefined;
  /** Pending and firing ones; at most one per rule and series. */
  readonly instances: Map<string, Instance>;
}

interface Moment {
  readonly atMs: number;
  readonly value: number;
  readonly threshold: number;
  readonly sampleTimeMs: number;
  readonly cause: Cause;
}

const DEFAULT_INTERVAL_MS = 5_000;
/** A series that was missing for longer than this many intervals is gone: a disk was unmounted, say. */
const GONE_INTERVALS = 3;

const unchanged: readonly Alert[] = Object.freeze([]);

/**
 * Evaluates rules on every sample. Pure: times are arguments, nothing is read or written. What the calls return
 * are the alerts whose state changed, each once and complete; who keeps them and hands the pending and firing ones to
 * the next engine gets the alerts that one long-lived engine would have given. Only how long a series or
 * a host has been missing is counted anew.
 */
export class AlertEngine {
  readonly #rules: ReadonlyMap<string, Rule>;
  readonly #absent: readonly AbsentRule[];
  readonly #index: SeriesIndex;
  readonly #hosts = new Map<string, Host>();
  #orphans: readonly Alert[];

  /** Throws a ValiError for rules that cannot work, such as two with one id or one that clears above its threshold. */
  constructor(rules: readonly Rule[], restored: readonly Alert[] = []) {
    const parsed = v.parse(rulesSchema, rules);
    this.#rules = new Map(parsed.map((rule) => [rule.ruleId, rule]));
    this.#absent = parsed.filter((rule) => rule.kind === 'absent');
    this.#index = new SeriesIndex(
      parsed.filter((rule): rule is AboveRule => rule.kind === 'above'),
    );
    this.#orphans = restored.filter((alert) => !this.#restore(alert));
  }

  #restore(alert: Alert): boolean {
    if (alert.state !== 'pending' && alert.state !== 'firing') return true;
    const instance = restoredInstance(this.#rules.get(alert.ruleId), alert);
    if (!instance) return false;
    this.#host(alert.hostId, alert.hostname).instances.set(instance.key, instance);
    return true;
  }

  #host(hostId: string, hostname: string): Host {
    let host = this.#hosts.get(hostId);
    if (!host) {
      host = {
        hostId,
        hostname,
        intervalMs: DEFAULT_INTERVAL_MS,
        nextIntervalMs: DEFAULT_INTERVAL_MS,
        heardMs: undefined,
        lagMs: undefined,
        sampleMs: undefined,
        instances: new Map(),
      };
      this.#hosts.set(hostId, host);
    }
    return host;
  }

  /**
   * From here on the host is expected to send samples. For a host that was not heard yet `heardMs` starts the
   * count of its silence; it may lie ahead, so that agents have time to come back after a restart of the hub.
   * Ends no alert: only a sample does. Call it again when name or interval change.
   */
  hostSeen(expected: ExpectedHost, heardMs: number): void {
    const known = this.#hosts.has(expected.hostId);
    const host = this.#host(expected.hostId, expected.hostname);
    host.hostname = expected.hostname;
    host.nextIntervalMs = expected.intervalMs;
    if (!known || expected.intervalMs > host.intervalMs) host.intervalMs = expected.intervalMs;
    host.heardMs ??= heardMs;
  }

  /** Forgets the host; its alerts end. */
  hostRemoved(hostId: string, nowMs: number): readonly Alert[] {
    const host = this.#hosts.get(hostId);
    this.#hosts.delete(hostId);
    const ended = [...(host?.instances.values() ?? [])].flatMap(({ alert, rule }) =>
      alert ? [endedAlert(alert, nowMs, 'host-removed', rule)] : [],
    );
    return [...ended, ...this.#endOrphans(nowMs, (alert) => alert.hostId === hostId)];
  }

  /** Judges samples at once. `nowMs` is when they were received. */
  observe(sample: Observation, nowMs: number): readonly Alert[] {
    const host = this.#host(sample.hostId, sample.hostname);
    const { timeMs } = sample;
    host.hostname = sample.hostname;
    host.intervalMs = host.nextIntervalMs;
    host.heardMs = nowMs;
    host.lagMs = nowMs - timeMs;
    const previousMs = host.sampleMs ?? timeMs;
    host.sampleMs = timeMs;
    const changed: Alert[] = [];
    for (const match of this.#index.of(sample.keys)) {
      const value = sample.values[match.index];
      if (value === undefined || !Number.isFinite(value)) continue;
      let instance = host.instances.get(match.instanceKey) as SeriesInstance | undefined;
      if (!instance) {
        if (value <= match.rule.threshold) continue;
        instance = seriesInstance(match);
      }
      instance.presentMs = timeMs;
      this.#judgeValue(host, instance, value, timeMs, changed);
    }
    if (host.instances.size > 0) this.#judgeMissing(host, timeMs, previousMs, changed);
    return changed.length === 0 ? unchanged : changed;
  }

  #judgeValue(
    host: Host,
    instance: SeriesInstance,
    value: number,
    timeMs: number,
    changed: Alert[],
  ): void {
    const { threshold, clear } = instance.rule;
    const finding = value > threshold ? 'above' : value < clear ? 'below' : 'within';
    this.#judge(
      host,
      instance,
      finding,
      { atMs: timeMs, value, threshold, sampleTimeMs: timeMs, cause: 'value' },
      changed,
    );
  }

  /** Ends the silence that the sample broke, and alerts about series that the samples no longer have. */
  #judgeMissing(host: Host, timeMs: number, previousMs: number, changed: Alert[]): void {
    for (const instance of host.instances.values()) {
      const { alert } = instance;
      if (!alert) continue;
      const moment = {
        atMs: timeMs,
        value: alert.value,
        threshold: alert.threshold,
        sampleTimeMs: timeMs,
      };
      if (instance.kind === 'absent') {
        const value = timeMs - alert.activeAtMs + alert.threshold;
        this.#judge(
          host,
          instance,
          'below',
          { ...moment, value: Math.max(0, value), cause: 'value' },
          changed,
        );
      } else if (instance.presentMs !== timeMs) {
        instance.presentMs ??= previousMs;
        if (timeMs - instance.presentMs > GONE_INTERVALS * host.intervalMs)
          this.#judge(host, instance, 'gone', { ...moment, cause: 'series-gone' }, changed);
      }
    }
  }

  /** For so long nobody listened (the hub's machine slept, say): that is no silence of the hosts. */
  paused(ms: number): void {
    for (const host of this.#hosts.values()) if (host.heardMs !== undefined) host.heardMs += ms;
  }

  /** Notices what no sample tells: silence, and a `for` that has passed. To be called about once a second. */
  tick(nowMs: number): readonly Alert[] {
    const changed: Alert[] = this.#endOrphans(nowMs, () => true);
    for (const host of this.#hosts.values()) {
      this.#judgeSilence(host, nowMs, changed);
      for (const instance of host.instances.values())
        this.#judgeDue(host, instance, nowMs, changed);
    }
    return changed.length === 0 ? unchanged : changed;
  }

  #judgeSilence(host: Host, nowMs: number, changed: Alert[]): void {
    if (host.heardMs === undefined) return;
    for (const rule of this.#absent) {
      const threshold = rule.intervals * host.intervalMs;
      const value = nowMs - host.heardMs;
      if (value < threshold || host.instances.has(rule.ruleId)) continue;
      const moment = {
        atMs: host.heardMs + threshold,
        value,
        threshold,
        sampleTimeMs: host.heardMs,
      };
      this.#judge(host, silenceInstance(rule), 'above', { ...moment, cause: 'value' }, changed);
    }
  }

  #judgeDue(host: Host, instance: Instance, nowMs: number, changed: Alert[]): void {
    const { alert, condition, rule } = instance;
    if (!alert || condition.state !== 'pending' || host.heardMs === undefined) return;
    let hostNowMs = nowMs;
    if (instance.kind === 'above') {
      // A value of a host that fell silent says nothing about now, and its clock may be off from ours.
      if (host.lagMs === undefined || nowMs - host.heardMs > GONE_INTERVALS * host.intervalMs)
        return;
      hostNowMs -= host.lagMs;
    }
    const dueMs = condition.activeAtMs + rule.forMs;
    if (hostNowMs < dueMs) return;
    const { threshold, sampleTimeMs } = alert;
    const value = instance.kind === 'absent' ? nowMs - host.heardMs : alert.value;
    this.#judge(
      host,
      instance,
      'due',
      { atMs: dueMs, value, threshold, sampleTimeMs, cause: 'value' },
      changed,
    );
  }

  /** One finding, and at once the end of `for` where it has passed, so that a change is told once. */
  #judge(host: Host, instance: Instance, finding: Finding, moment: Moment, changed: Alert[]): void {
    let next = transition(instance.condition, finding, moment.atMs);
    if (next.state === 'pending' && moment.atMs - next.activeAtMs >= instance.rule.forMs)
      next = transition(next, 'due', moment.atMs);
    if (next === instance.condition) return;
    const alert = alertOf(instance, next, {
      ...moment,
      hostId: host.hostId,
      hostname: host.hostname,
    });
    instance.condition = next;
    instance.alert = alert;
    if (next.state === 'pending' || next.state === 'firing')
      host.instances.set(instance.key, instance);
    else host.instances.delete(instance.key);
    changed.push(alert);
  }

  #endOrphans(nowMs: number, which: (alert: Alert) => boolean): Alert[] {
    if (this.#orphans.length === 0) return [];
    const ended = this.#orphans.filter(which);
    this.#orphans = this.#orphans.filter((alert) => !which(alert));
    return ended.map((alert) => endedAlert(alert, nowMs, 'rule-removed', undefined));
  }

  /** Pending and firing alerts, oldest first. */
  current(): readonly Alert[] {
    const alerts = [...this.#orphans];
    for (const host of this.#hosts.values())
      for (const { alert } of host.instances.values()) if (alert) alerts.push(alert);
    return alerts.sort((a, b) => a.activeAtMs - b.activeAtMs || (a.id < b.id ? -1 : 1));
  }

  /** Of the host's firing alerts. */
  worstSeverity(hostId: string): Severity | undefined {
    let worst = -1;
    for (const { condition, rule } of this.#hosts.get(hostId)?.instances.values() ?? [])
      if (condition.state === 'firing') worst = Math.max(worst, severities.indexOf(rule.severity));
    return severities[worst];
  }
}

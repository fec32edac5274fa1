import { severities, type Alert, type Severity } from '@openmanager/protocol';
import * as v from 'valibot';
import { Flaps, flappingDefaults, type FlappingOptions } from './flapping.ts';
import type { Foresight } from './foresight.ts';
import { newHost, type Host } from './host.ts';
import {
  alertOf,
  endedAlert,
  keyOfAlert,
  restoredInstance,
  seriesInstance,
  silenceInstance,
  type Instance,
  type SeriesInstance,
  type SilenceInstance,
} from './instance.ts';
import { guarded, measure, reading, type Reading } from './measure.ts';
import { Planner, type Match, type Plan } from './plan.ts';
import { metricOf, signOf, type AbsentRule, type Rule } from '../model/rule.ts';
import { rulesSchema } from '../model/rule-schema.ts';
import { effectiveRule } from '../model/selection.ts';
import type { Cause } from './summary.ts';
import { stateOf, transition, type Finding } from './transition.ts';

/** A host and how often it means to send samples. */
export interface ExpectedHost {
  readonly hostId: string;
  readonly hostname: string;
  readonly intervalMs: number;
  /** For rules about hosts by tag. @default none */
  readonly tags?: readonly string[] | undefined;
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

export interface EngineOptions {
  /** Without it rules about expected bands and forecasts say nothing. */
  readonly foresight?: Foresight | undefined;
  /** False: an alert that fires again and again is told each time. @default flappingDefaults */
  readonly flapping?: FlappingOptions | false | undefined;
}

interface Moment {
  readonly atMs: number;
  readonly reading: Reading;
  readonly sampleTimeMs: number;
  readonly cause: Cause;
}

/** A series that was missing for longer than this many intervals is gone: a disk was unmounted, say. */
const GONE_INTERVALS = 3;

/** Metrics of facts about a host, which no sample carries. */
const FACTS = 'host.';

const unchanged: readonly Alert[] = Object.freeze([]);
const plain = (value: number, threshold: number): Reading => ({
  measure: value,
  value,
  threshold,
});

/**
 * Evaluates rules on every sample. Pure: times are arguments, nothing is read or written. What the calls return
 * are the alerts whose state changed, each once and complete; who keeps them and hands them to the next engine gets
 * the alerts that one long-lived engine would have given. Only how long a series or a host has been missing, or a
 * value has been clear, is counted anew, and windows fill anew.
 */
export class AlertEngine {
  #rules: ReadonlyMap<string, Rule> = new Map();
  #absent: readonly AbsentRule[] = [];
  #planner = new Planner([]);
  readonly #foresight: Foresight | undefined;
  readonly #flapping: FlappingOptions | undefined;
  readonly #hosts = new Map<string, Host>();
  #orphans: readonly Alert[];

  /**
   * Throws a ValiError for rules that cannot work, such as two with one id or one that clears above its threshold.
   * `restored`: alerts as an earlier engine told them. Resolved ones only count towards flapping.
   */
  constructor(
    rules: readonly Rule[],
    restored: readonly Alert[] = [],
    options: EngineOptions = {},
  ) {
    this.#foresight = options.foresight;
    this.#flapping =
      options.flapping === false ? undefined : (options.flapping ?? flappingDefaults);
    this.#take(rules);
    const inOrder = restored.toSorted((a, b) => (a.firedAtMs ?? 0) - (b.firedAtMs ?? 0));
    this.#orphans = inOrder.filter((alert) => !this.#restore(alert));
  }

  #take(rules: readonly Rule[]): void {
    const parsed = v.parse(rulesSchema, rules).filter((rule) => rule.enabled !== false);
    this.#rules = new Map(parsed.map((rule) => [rule.ruleId, rule]));
    this.#absent = parsed.filter((rule) => rule.kind === 'absent');
    this.#planner = new Planner(parsed);
  }

  #restore(alert: Alert): boolean {
    const rule = this.#rules.get(alert.ruleId);
    if (alert.firedAtMs !== undefined && rule && alert.metric === metricOf(rule)) {
      const flaps = this.#host(alert.hostId, alert.hostname).flaps;
      const key = keyOfAlert(rule, alert);
      if (alert.state === 'resolved' && alert.flapping !== undefined) flaps?.forget(key);
      else flaps?.fired(key, alert.firedAtMs);
    }
    if (alert.state !== 'pending' && alert.state !== 'firing') return true;
    const host = this.#host(alert.hostId, alert.hostname);
    const instance = restoredInstance(rule, alert, host);
    if (!instance) return false;
    host.instances.set(instance.key, instance);
    return true;
  }

  #host(hostId: string, hostname: string): Host {
    let host = this.#hosts.get(hostId);
    if (!host) {
      const flaps = this.#flapping && new Flaps(this.#flapping);
      this.#hosts.set(hostId, (host = newHost(hostId, hostname, flaps)));
    }
    return host;
  }

  /** Takes other rules. Alerts of those that are gone, or about something else now, end. */
  replaceRules(rules: readonly Rule[], nowMs: number): readonly Alert[] {
    const before = this.#rules;
    this.#take(rules);
    const same = new Set(
      [...this.#rules].flatMap(([ruleId, rule]) =>
        JSON.stringify(before.get(ruleId)) === JSON.stringify(rule) ? [ruleId] : [],
      ),
    );
    const ended: Alert[] = [];
    for (const host of this.#hosts.values()) {
      host.plans = new WeakMap();
      for (const key of host.slots.keys())
        if (!same.has(key.slice(0, key.indexOf('\n')))) host.slots.delete(key);
      // A copy: what is put back would be met again.
      const instances = [...host.instances.values()];
      for (const instance of instances) {
        if (same.has(instance.rule.ruleId)) continue;
        host.instances.delete(instance.key);
        const { alert } = instance;
        if (!alert) continue;
        const rule = this.#rules.get(alert.ruleId);
        const again = restoredInstance(rule, alert, host);
        if (again) host.instances.set(again.key, again);
        else ended.push(endedAlert(alert, nowMs, 'rule-removed', undefined));
      }
    }
    return ended;
  }

  /**
   * From here on the host is expected to send samples. For a host that was not heard yet `heardMs` starts the
   * count of its silence; it may lie ahead, so that agents have time to come back after a restart of the hub.
   * Ends no alert: only a sample does. Call it again when name, interval or tags change.
   */
  hostSeen(expected: ExpectedHost, heardMs: number): void {
    const known = this.#hosts.has(expected.hostId);
    const host = this.#host(expected.hostId, expected.hostname);
    const tags = expected.tags ?? [];
    if (host.hostname !== expected.hostname || host.tags.join('\n') !== tags.join('\n'))
      host.plans = new WeakMap();
    host.hostname = expected.hostname;
    host.tags = tags;
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
    const { timeMs, values } = sample;
    host.hostname = sample.hostname;
    host.intervalMs = host.nextIntervalMs;
    host.heardMs = nowMs;
    host.lagMs = nowMs - timeMs;
    const previousMs = host.sampleMs ?? timeMs;
    host.sampleMs = timeMs;
    const changed: Alert[] = [];
    const plan = this.#plan(host, sample.keys, timeMs);
    for (const match of plan.matches) this.#judgeMatch(host, match, values, timeMs, changed);
    if (plan.missing.length > 0) this.#judgeMetrics(host, plan, values, timeMs, changed);
    if (host.instances.size > 0) this.#judgeMissing(host, timeMs, previousMs, changed);
    return changed.length === 0 ? unchanged : changed;
  }

  /**
   * Judges what is known of a host by other ways than its samples, such as how far its clock is off. Says nothing
   * about whether it is silent.
   */
  observeFacts(facts: Observation): readonly Alert[] {
    const host = this.#host(facts.hostId, facts.hostname);
    const changed: Alert[] = [];
    for (const match of this.#plan(host, facts.keys, facts.timeMs).matches)
      this.#judgeMatch(host, match, facts.values, facts.timeMs, changed);
    return changed.length === 0 ? unchanged : changed;
  }

  #plan(host: Host, keys: readonly string[], timeMs: number): Plan {
    let plan = host.plans.get(keys);
    if (!plan) {
      plan = this.#planner.plan(host, keys, host.slots, timeMs);
      for (const { slot, instanceKey } of plan.matches)
        slot.instance ??= host.instances.get(instanceKey) as SeriesInstance | undefined;
      host.plans.set(keys, plan);
    }
    return plan;
  }

  #judgeMatch(
    host: Host,
    match: Match,
    values: ArrayLike<number>,
    timeMs: number,
    changed: Alert[],
  ): void {
    const value = values[match.index];
    if (value === undefined || !Number.isFinite(value)) return;
    const { slot, rule } = match;
    slot.seenMs = timeMs;
    const figure = measure(match, values, timeMs, host.hostId, this.#foresight);
    let { instance } = slot;
    if (instance) instance.presentMs = timeMs;
    if (Number.isNaN(figure)) return;
    const sign = signOf(rule);
    const beyond = sign * figure > sign * rule.threshold;
    if (!instance && !beyond) return;
    const held = match.guards.length === 0 || guarded(match, values, instance !== undefined);
    if (!instance) {
      if (!held) return;
      instance = seriesInstance(match);
      instance.presentMs = timeMs;
    }
    const cleared = sign * figure < sign * rule.clear;
    const finding: Finding = !held || cleared ? 'below' : beyond ? 'above' : 'within';
    const said = reading(match, figure, values, timeMs, host.hostId, this.#foresight);
    instance.latest = said;
    const cause = held || cleared ? 'value' : 'guard';
    this.#judge(
      host,
      instance,
      finding,
      { atMs: timeMs, reading: said, sampleTimeMs: timeMs, cause },
      changed,
    );
  }

  /** Metrics that a host should send and does not. */
  #judgeMetrics(
    host: Host,
    plan: Plan,
    values: ArrayLike<number>,
    timeMs: number,
    changed: Alert[],
  ): void {
    for (const { rule, indexes } of plan.missing) {
      const there = indexes.some((index) => Number.isFinite(values[index]));
      const lastMs = there ? timeMs : (host.metricMs.get(rule.ruleId) ?? timeMs);
      host.metricMs.set(rule.ruleId, lastMs);
      const threshold = rule.intervals * host.intervalMs;
      const missedMs = timeMs - lastMs;
      let instance = host.instances.get(rule.ruleId) as SilenceInstance | undefined;
      if (there ? !instance : missedMs < threshold) continue;
      instance ??= silenceInstance(rule);
      const said = plain(there ? (instance.latest?.value ?? 0) : missedMs, threshold);
      instance.latest = said;
      const atMs = there || instance.alert ? timeMs : lastMs + threshold;
      const moment = { atMs, reading: said, sampleTimeMs: timeMs, cause: 'value' } as const;
      this.#judge(host, instance, there ? 'below' : 'above', moment, changed);
    }
  }

  /** Ends the silence that the sample broke, and alerts about series that the samples no longer have. */
  #judgeMissing(host: Host, timeMs: number, previousMs: number, changed: Alert[]): void {
    for (const instance of host.instances.values()) {
      const { alert } = instance;
      if (!alert || instance.rule.kind === 'missing') continue;
      if (instance.kind === 'series' && instance.rule.metric.startsWith(FACTS)) continue;
      const { rule } = instance;
      const moment = { atMs: timeMs, sampleTimeMs: timeMs };
      if (instance.kind === 'silence') {
        const value = Math.max(0, timeMs - alert.activeAtMs + alert.threshold);
        const said = plain(value, alert.threshold);
        this.#judge(host, instance, 'below', { ...moment, reading: said, cause: 'value' }, changed);
      } else if (instance.presentMs !== timeMs) {
        instance.presentMs ??= previousMs;
        if (timeMs - instance.presentMs <= GONE_INTERVALS * host.intervalMs) continue;
        if (timeMs < instance.aboveMs + (rule.keepFiringForMs ?? 0)) continue;
        const said = instance.latest ?? plain(alert.value, alert.threshold);
        this.#judge(
          host,
          instance,
          'gone',
          { ...moment, reading: said, cause: 'series-gone' },
          changed,
        );
      }
    }
  }

  /** For so long nobody listened (the hub's machine slept, say): that is no silence of the hosts. */
  paused(ms: number): void {
    for (const host of this.#hosts.values()) if (host.heardMs !== undefined) host.heardMs += ms;
  }

  /** Notices what no sample tells: silence, and times that have passed. To be called about once a second. */
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
      if (value < threshold) continue;
      const known = host.instances.get(rule.ruleId) as SilenceInstance | undefined;
      if (known && known.condition.state !== 'clearing') continue;
      if (!known && effectiveRule(rule, host, {}) === undefined) continue;
      const moment = {
        atMs: host.heardMs + threshold,
        reading: plain(value, threshold),
        sampleTimeMs: host.heardMs,
        cause: 'value',
      } as const;
      this.#judge(host, known ?? silenceInstance(rule), 'above', moment, changed);
    }
  }

  #judgeDue(host: Host, instance: Instance, nowMs: number, changed: Alert[]): void {
    const { alert, condition } = instance;
    const dueMs = this.#dueMs(instance);
    if (!alert || dueMs === undefined || host.heardMs === undefined) return;
    let hostNowMs = nowMs;
    if (instance.kind === 'series') {
      // A value of a host that fell silent says nothing about now, and its clock may be off from ours.
      if (host.lagMs === undefined || nowMs - host.heardMs > GONE_INTERVALS * host.intervalMs)
        return;
      hostNowMs -= host.lagMs;
    }
    if (hostNowMs < dueMs) return;
    const { threshold, sampleTimeMs } = alert;
    const silent = instance.rule.kind === 'absent' && condition.state === 'pending';
    const said = silent
      ? plain(nowMs - host.heardMs, threshold)
      : condition.state === 'pending'
        ? { ...plain(alert.value, threshold), measure: instance.latest?.measure ?? alert.value }
        : (instance.latest ?? plain(alert.value, threshold));
    const moment = { atMs: dueMs, reading: said, sampleTimeMs, cause: 'value' } as const;
    this.#judge(host, instance, 'due', moment, changed);
  }

  /** When time alone moves the instance on; undefined when it does not. */
  #dueMs({ condition, rule, aboveMs, flapping }: Instance): number | undefined {
    if (condition.state === 'pending') return condition.activeAtMs + rule.forMs;
    if (condition.state !== 'clearing') return undefined;
    const quietMs = flapping === undefined ? 0 : (this.#flapping?.quietMs ?? 0);
    const clearMs = Math.max(rule.clearForMs ?? 0, quietMs);
    return Math.max(condition.clearAtMs + clearMs, aboveMs + (rule.keepFiringForMs ?? 0));
  }

  /** One finding, and at once what time has brought about by then, so that a change is told once. */
  #judge(host: Host, instance: Instance, finding: Finding, moment: Moment, changed: Alert[]): void {
    const before = instance.condition;
    if (finding === 'above') instance.aboveMs = moment.atMs;
    instance.condition = transition(before, finding, moment.atMs);
    if ((this.#dueMs(instance) ?? Number.POSITIVE_INFINITY) <= moment.atMs)
      instance.condition = transition(instance.condition, 'due', moment.atMs);
    const state = stateOf(instance.condition);
    if (state === stateOf(before)) return;
    if (state === 'firing') instance.flapping = host.flaps?.fired(instance.key, moment.atMs);
    if (state === 'resolved' && instance.flapping !== undefined) host.flaps?.forget(instance.key);
    const alert = alertOf(instance, instance.condition, {
      ...moment,
      hostId: host.hostId,
      hostname: host.hostname,
    });
    instance.alert = alert;
    const lives = state === 'pending' || state === 'firing';
    const slot = host.slots.get(instance.key);
    if (slot && instance.kind === 'series') slot.instance = lives ? instance : undefined;
    if (lives) host.instances.set(instance.key, instance);
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
      if (stateOf(condition) === 'firing')
        worst = Math.max(worst, severities.indexOf(rule.severity));
    return severities[worst];
  }
}

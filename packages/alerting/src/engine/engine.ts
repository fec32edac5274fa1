import {
  severities,
  type Alert,
  type Severity,
  type Target,
  type TargetLookup,
  type TargetRef,
} from '@openmanager/protocol';
import * as v from 'valibot';
import { flappingDefaults, type FlappingOptions } from './flapping.ts';
import type { Foresight } from './foresight.ts';
import {
  alertOf,
  endedAlert,
  keyOfAlert,
  restoredInstance,
  seriesInstance,
  silenceInstance,
} from './instance.ts';
import { guarded, measure, reading } from './measure.ts';
import type {
  Change,
  Instance,
  Match,
  Plan,
  Reading,
  SeriesInstance,
  SilenceInstance,
} from './model.ts';
import { Planner } from './plan.ts';
import { metricOf, signOf, type AbsentRule, type Rule } from '../model/rule.ts';
import { rulesSchema } from '../model/rule-schema.ts';
import { effectiveRule } from '../model/selection.ts';
import { TargetStates, type TargetState } from './target-state.ts';
import { notAfter, stateOf, transition, type Finding } from './transition.ts';

/** A target and how often it means to send samples. */
export interface ExpectedTarget {
  readonly target: Target;
  readonly intervalMs: number;
}

/** All samples of one target at one time. */
export interface Observation {
  /** The same object for as long as nothing changed about it is compared fastest. */
  readonly target: Target;
  /** Epoch ms, increasing per target. */
  readonly timeMs: number;
  /** Series keys; the same array for the same set, or the rules are matched anew each time. */
  readonly keys: readonly string[];
  /** One value per key, base units; not finite where there is no sample. */
  readonly values: ArrayLike<number>;
}

export interface EngineOptions {
  /** Targets that no sample told of yet: those of restored alerts, and ancestors. @default none is known */
  readonly target?: TargetLookup | undefined;
  /** Without it rules about expected bands and forecasts say nothing. */
  readonly foresight?: Foresight | undefined;
  /** Until when whoever restored alerts come from judged, epoch ms. @default not known: they go on as they were */
  readonly leftMs?: number | undefined;
  /** False: an alert that fires again and again is told each time. @default flappingDefaults */
  readonly flapping?: FlappingOptions | false | undefined;
}

interface Moment extends Change {
  readonly atMs: number;
}

/** A series that was missing for longer than this many intervals is gone: a disk was unmounted, say. */
const GONE_INTERVALS = 3;

/** Metrics of facts about a host or the hub, which no sample carries. */
const FACTS = /^(host|hub)\./;

const unchanged: readonly Alert[] = Object.freeze([]);
const plain = (value: number, threshold: number): Reading => ({
  measure: value,
  value,
  threshold,
});

/**
 * Evaluates rules on every sample. Pure: times are arguments, nothing is read or written. What the calls return
 * are the alerts whose state changed, each once and complete; who keeps them and hands them to the next engine gets
 * the alerts that one long-lived engine would have given. Only how long a series or a target has been missing, or a
 * value has been clear, is counted anew, and windows fill anew.
 */
export class AlertEngine {
  #rules: ReadonlyMap<string, Rule> = new Map();
  #absent: readonly AbsentRule[] = [];
  #planner = new Planner([]);
  readonly #foresight: Foresight | undefined;
  readonly #flapping: FlappingOptions | undefined;
  readonly #targets: TargetStates;
  readonly #leftMs: number | undefined;
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
    this.#leftMs = options.leftMs;
    this.#flapping =
      options.flapping === false ? undefined : (options.flapping ?? flappingDefaults);
    this.#targets = new TargetStates(options.target, this.#flapping);
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
      const { flaps } = this.#targets.take(this.#known(alert.target));
      const key = keyOfAlert(rule, alert);
      if (alert.state === 'resolved' && alert.flapping !== undefined) flaps?.forget(key);
      else flaps?.fired(key, alert.firedAtMs);
    }
    if (alert.state !== 'pending' && alert.state !== 'firing') return true;
    const state = this.#targets.take(this.#known(alert.target));
    const instance = restoredInstance(rule, alert, state);
    if (!instance) return false;
    if (alert.state === 'pending' && this.#leftMs !== undefined)
      instance.leftMs = Math.max(this.#leftMs, alert.activeAtMs);
    state.instances.set(instance.key, instance);
    return true;
  }

  #known(ref: TargetRef): Target {
    return this.#targets.lookup(ref.id) ?? { ...ref, labels: {} };
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
    for (const state of this.#targets.values()) {
      state.plans = new WeakMap();
      for (const key of state.slots.keys())
        if (!same.has(key.slice(0, key.indexOf('\n')))) state.slots.delete(key);
      // A copy: what is put back would be met again.
      const instances = [...state.instances.values()];
      for (const instance of instances) {
        if (same.has(instance.rule.ruleId)) continue;
        state.instances.delete(instance.key);
        const { alert } = instance;
        if (!alert) continue;
        const rule = this.#rules.get(alert.ruleId);
        const again = restoredInstance(rule, alert, state);
        if (rule && again) {
          again.isStale = true;
          again.isAnew = judgesOtherwise(before.get(alert.ruleId), rule);
          state.instances.set(again.key, again);
        } else ended.push(endedAlert(alert, nowMs, 'rule-removed', undefined));
      }
    }
    return ended;
  }

  /**
   * From here on the target is expected to send samples. For one that was not heard yet `heardMs` starts the count of
   * its silence; it may lie ahead, so that agents have time to come back after a restart of the hub. Ends no alert:
   * only a sample does. Call it again when the target or its interval changes.
   */
  targetSeen({ target, intervalMs }: ExpectedTarget, heardMs: number): void {
    const isKnown = this.#targets.has(target.id);
    const state = this.#targets.take(target);
    state.nextIntervalMs = intervalMs;
    if (!isKnown || intervalMs > state.intervalMs) state.intervalMs = intervalMs;
    state.heardMs ??= heardMs;
  }

  /** Forgets the target; its alerts end. */
  targetRemoved(targetId: string, nowMs: number): readonly Alert[] {
    const state = this.#targets.remove(targetId);
    const ended = [...(state?.instances.values() ?? [])].flatMap(({ alert, rule }) =>
      alert ? [endedAlert(alert, nowMs, 'target-removed', rule)] : [],
    );
    return [...ended, ...this.#endOrphans(nowMs, (alert) => alert.target.id === targetId)];
  }

  /** Judges samples at once. `nowMs` is when they were received. */
  observe(sample: Observation, nowMs: number): readonly Alert[] {
    const state = this.#targets.take(sample.target);
    const { timeMs, values } = sample;
    state.intervalMs = state.nextIntervalMs;
    state.heardMs = nowMs;
    state.lagMs = nowMs - timeMs;
    const previousMs = state.sampleMs ?? timeMs;
    if (timeMs < previousMs) setBack(state, timeMs);
    state.sampleMs = timeMs;
    const changed: Alert[] = [];
    const plan = this.#plan(state, sample.keys, timeMs);
    for (const match of plan.matches) this.#judgeMatch(state, match, values, timeMs, changed);
    if (plan.missing.length > 0) this.#judgeMetrics(state, plan, values, timeMs, changed);
    if (state.instances.size > 0) this.#judgeMissing(state, timeMs, previousMs, changed);
    return changed.length === 0 ? unchanged : changed;
  }

  /**
   * Judges what is known of a target by other ways than its samples, such as how far its clock is off. Says nothing
   * about whether it is silent.
   */
  observeFacts(facts: Observation): readonly Alert[] {
    const state = this.#targets.take(facts.target);
    const changed: Alert[] = [];
    for (const match of this.#plan(state, facts.keys, facts.timeMs).matches)
      this.#judgeMatch(state, match, facts.values, facts.timeMs, changed);
    return changed.length === 0 ? unchanged : changed;
  }

  #plan(state: TargetState, keys: readonly string[], timeMs: number): Plan {
    let plan = state.plans.get(keys);
    if (!plan) {
      plan = this.#planner.plan(state, keys, state.slots, timeMs);
      for (const { slot, instanceKey } of plan.matches)
        slot.instance ??= state.instances.get(instanceKey) as SeriesInstance | undefined;
      state.plans.set(keys, plan);
    }
    return plan;
  }

  #judgeMatch(
    state: TargetState,
    match: Match,
    values: ArrayLike<number>,
    timeMs: number,
    changed: Alert[],
  ): void {
    const value = values[match.index];
    if (value === undefined || !Number.isFinite(value)) return;
    const { slot, rule } = match;
    slot.seenMs = timeMs;
    const figure = measure(match, values, timeMs, state.target.id, this.#foresight);
    let { instance } = slot;
    if (instance) instance.presentMs = timeMs;
    if (Number.isNaN(figure)) return;
    const sign = signOf(rule);
    const beyond = sign * figure > sign * rule.threshold;
    if (instance && hasToBegin(instance, timeMs, beyond && guarded(match, values, false))) {
      const said = reading(match, figure, values, timeMs, state.target.id, this.#foresight);
      const moment = { atMs: timeMs, reading: said, sampleTimeMs: timeMs, cause: 'rule-changed' };
      this.#judge(state, instance, 'gone', moment as Moment, changed);
      instance = undefined;
    }
    if (!instance && !beyond) return;
    const held = match.guards.length === 0 || guarded(match, values, instance !== undefined);
    if (!instance) {
      if (!held) return;
      instance = seriesInstance(match);
      instance.presentMs = timeMs;
    }
    const cleared = sign * figure < sign * rule.clear;
    const finding: Finding = !held || cleared ? 'below' : beyond ? 'above' : 'within';
    const said = reading(match, figure, values, timeMs, state.target.id, this.#foresight);
    instance.latest = said;
    const cause = held || cleared ? 'value' : 'guard';
    this.#judge(
      state,
      instance,
      finding,
      { atMs: timeMs, reading: said, sampleTimeMs: timeMs, cause },
      changed,
    );
  }

  /** Metrics that a target should send and does not. */
  #judgeMetrics(
    state: TargetState,
    plan: Plan,
    values: ArrayLike<number>,
    timeMs: number,
    changed: Alert[],
  ): void {
    for (const { rule, indexes } of plan.missing) {
      const there = indexes.some((index) => Number.isFinite(values[index]));
      const lastMs = there ? timeMs : (state.metricMs.get(rule.ruleId) ?? timeMs);
      state.metricMs.set(rule.ruleId, lastMs);
      const threshold = rule.intervals * state.intervalMs;
      const missedMs = timeMs - lastMs;
      let instance = state.instances.get(rule.ruleId) as SilenceInstance | undefined;
      if (there ? !instance : missedMs < threshold) continue;
      instance ??= silenceInstance(rule);
      const said = plain(there ? (instance.latest?.value ?? 0) : missedMs, threshold);
      instance.latest = said;
      const atMs = there || instance.alert ? timeMs : lastMs + threshold;
      const moment = { atMs, reading: said, sampleTimeMs: timeMs, cause: 'value' } as const;
      this.#judge(state, instance, there ? 'below' : 'above', moment, changed);
    }
  }

  /** Ends the silence that the sample broke, and alerts about series that the samples no longer have. */
  #judgeMissing(state: TargetState, timeMs: number, previousMs: number, changed: Alert[]): void {
    for (const instance of state.instances.values()) {
      const { alert } = instance;
      if (!alert || instance.rule.kind === 'missing') continue;
      if (instance.kind === 'series' && FACTS.test(instance.rule.metric)) continue;
      const { rule } = instance;
      const moment = { atMs: timeMs, sampleTimeMs: timeMs };
      if (instance.kind === 'silence') {
        const value = Math.max(0, timeMs - alert.activeAtMs + alert.threshold);
        const said = plain(value, alert.threshold);
        this.#judge(
          state,
          instance,
          'below',
          { ...moment, reading: said, cause: 'value' },
          changed,
        );
      } else if (instance.presentMs !== timeMs) {
        instance.presentMs ??= previousMs;
        if (timeMs - instance.presentMs <= GONE_INTERVALS * state.intervalMs) continue;
        if (timeMs < instance.aboveMs + (rule.keepFiringForMs ?? 0)) continue;
        const said = instance.latest ?? plain(alert.value, alert.threshold);
        this.#judge(
          state,
          instance,
          'gone',
          { ...moment, reading: said, cause: 'series-gone' },
          changed,
        );
      }
    }
  }

  /**
   * For so long nobody listened (the hub's machine slept, say): that is no silence of the targets. Negative after the
   * clock by which `nowMs` is given was set back.
   */
  paused(ms: number, nowMs: number): void {
    for (const state of this.#targets.values()) {
      if (state.heardMs !== undefined)
        // One that is given time to come back may lie ahead.
        state.heardMs = Math.min(state.heardMs + ms, Math.max(state.heardMs, nowMs));
      if (ms < 0) setBack(state, nowMs);
    }
  }

  /** Notices what no sample tells: silence, and times that have passed. To be called about once a second. */
  tick(nowMs: number): readonly Alert[] {
    const changed: Alert[] = this.#endOrphans(nowMs, () => true);
    for (const state of this.#targets.values()) {
      this.#judgeChanged(state, nowMs, changed);
      this.#judgeSilence(state, nowMs, changed);
      for (const instance of state.instances.values())
        this.#judgeDue(state, instance, nowMs, changed);
    }
    return changed.length === 0 ? unchanged : changed;
  }

  /** What rules and targets are told by now, and silences by rules that judge otherwise. */
  #judgeChanged(state: TargetState, nowMs: number, changed: Alert[]): void {
    for (const instance of state.instances.values()) {
      const { alert, rule } = instance;
      if (!alert) continue;
      const said = instance.latest ?? plain(alert.value, alert.threshold);
      const { sampleTimeMs } = alert;
      if (rule.kind === 'absent' && state.heardMs !== undefined) {
        const lasts = nowMs - state.heardMs >= rule.intervals * state.intervalMs;
        if (hasToBegin(instance, nowMs, lasts)) {
          const moment = { atMs: nowMs, reading: said, sampleTimeMs, cause: 'rule-changed' };
          this.#judge(state, instance, 'gone', moment as Moment, changed);
          continue;
        }
      }
      if (!instance.isStale) continue;
      instance.isStale = false;
      const change = { reading: said, sampleTimeMs, cause: 'value' } as const;
      instance.alert = alertOf(instance, state, instance.condition, change);
      changed.push(instance.alert);
    }
  }

  #judgeSilence(state: TargetState, nowMs: number, changed: Alert[]): void {
    if (state.heardMs === undefined) return;
    for (const rule of this.#absent) {
      const threshold = rule.intervals * state.intervalMs;
      const value = nowMs - state.heardMs;
      if (value < threshold) continue;
      const known = state.instances.get(rule.ruleId) as SilenceInstance | undefined;
      if (known && known.condition.state !== 'clearing') continue;
      if (!known && effectiveRule(rule, state, {}) === undefined) continue;
      const moment = {
        atMs: state.heardMs + threshold,
        reading: plain(value, threshold),
        sampleTimeMs: state.heardMs,
        cause: 'value',
      } as const;
      this.#judge(state, known ?? silenceInstance(rule), 'above', moment, changed);
    }
  }

  #judgeDue(state: TargetState, instance: Instance, nowMs: number, changed: Alert[]): void {
    const { alert, condition } = instance;
    const dueMs = this.#dueMs(instance);
    if (!alert || dueMs === undefined || state.heardMs === undefined) return;
    let targetNowMs = nowMs;
    if (instance.kind === 'series') {
      // A value of a target that fell silent says nothing about now, and its clock may be off from ours.
      if (state.lagMs === undefined || nowMs - state.heardMs > GONE_INTERVALS * state.intervalMs)
        return;
      targetNowMs -= state.lagMs;
    }
    if (targetNowMs < dueMs) return;
    const { threshold, sampleTimeMs } = alert;
    const silent = instance.rule.kind === 'absent' && condition.state === 'pending';
    const said = silent
      ? plain(nowMs - state.heardMs, threshold)
      : condition.state === 'pending'
        ? { ...plain(alert.value, threshold), measure: instance.latest?.measure ?? alert.value }
        : (instance.latest ?? plain(alert.value, threshold));
    const moment = { atMs: dueMs, reading: said, sampleTimeMs, cause: 'value' } as const;
    this.#judge(state, instance, 'due', moment, changed);
  }

  /** When time alone moves the instance on; undefined when it does not. */
  #dueMs({ condition, rule, aboveMs, flapping, quietMs }: Instance): number | undefined {
    if (condition.state === 'pending') return condition.activeAtMs + rule.forMs;
    if (condition.state !== 'clearing') return undefined;
    // Of one that a restart left nobody knows how fast it flaps.
    const leastMs = flapping === undefined ? 0 : (this.#flapping?.quietMs ?? 0);
    const clearMs = Math.max(rule.clearForMs ?? 0, leastMs, quietMs);
    return Math.max(condition.clearAtMs + clearMs, aboveMs + (rule.keepFiringForMs ?? 0));
  }

  /** One finding, and at once what time has brought about by then, so that a change is told once. */
  #judge(
    state: TargetState,
    instance: Instance,
    finding: Finding,
    moment: Moment,
    changed: Alert[],
  ): void {
    const before = instance.condition;
    if (finding === 'above') instance.aboveMs = moment.atMs;
    instance.condition = transition(before, finding, moment.atMs);
    if ((this.#dueMs(instance) ?? Number.POSITIVE_INFINITY) <= moment.atMs)
      instance.condition = transition(instance.condition, 'due', moment.atMs);
    const told = stateOf(instance.condition);
    const isSame = told === stateOf(before);
    if (isSame && !(instance.isStale && instance.alert)) return;
    instance.isStale = false;
    if (told === 'firing' && !isSame) {
      const flapping = state.flaps?.fired(instance.key, moment.atMs);
      instance.flapping = flapping?.fires;
      instance.quietMs = flapping?.quietMs ?? 0;
    }
    if (told === 'resolved' && instance.flapping !== undefined) state.flaps?.forget(instance.key);
    const alert = alertOf(instance, state, instance.condition, moment);
    instance.alert = alert;
    const lives = told === 'pending' || told === 'firing';
    const slot = state.slots.get(instance.key);
    if (slot && instance.kind === 'series') slot.instance = lives ? instance : undefined;
    if (lives) state.instances.set(instance.key, instance);
    else state.instances.delete(instance.key);
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
    for (const state of this.#targets.values())
      for (const { alert } of state.instances.values()) if (alert) alerts.push(alert);
    return alerts.sort((a, b) => a.activeAtMs - b.activeAtMs || (a.id < b.id ? -1 : 1));
  }

  /** Of the target's firing alerts. */
  worstSeverity(targetId: string): Severity | undefined {
    let worst = -1;
    for (const { condition, rule } of this.#targets.get(targetId)?.instances.values() ?? [])
      if (stateOf(condition) === 'firing')
        worst = Math.max(worst, severities.indexOf(rule.severity));
    return severities[worst];
  }
}

/**
 * Whether what is pending or fires ends, and begins anew if its condition holds: the rule judges otherwise by now, or the
 * hub was away for longer than the rule waits. Asked once.
 */
function hasToBegin(instance: Instance, atMs: number, holds: boolean): boolean {
  const { condition, isAnew, leftMs, rule } = instance;
  instance.isAnew = false;
  instance.leftMs = undefined;
  if (condition.state === 'pending' && leftMs !== undefined && atMs - leftMs > rule.forMs)
    return true;
  if (!isAnew) return false;
  if (!holds) return true;
  const fires = condition.state === 'firing' || condition.state === 'clearing';
  return fires && atMs - condition.activeAtMs < rule.forMs;
}

/** Whether they differ in more than in what is told, and to whom. */
function judgesOtherwise(before: Rule | undefined, after: Rule): boolean {
  const judged = (rule: Rule | undefined): string =>
    JSON.stringify(rule, (key, value: unknown) => (TOLD.has(key) ? undefined : value));
  return judged(before) !== judged(after);
}

const TOLD: ReadonlySet<string> = new Set([
  'severity',
  'labels',
  'summary',
  'runbookUrl',
  'notify',
  'notifyAfterMs',
]);

/** Times of the target went back to this: what was to happen later would be awaited for as long as they went back. */
function setBack(state: TargetState, timeMs: number): void {
  for (const slot of state.slots.values()) slot.window?.reset();
  for (const [ruleId, ms] of state.metricMs) state.metricMs.set(ruleId, Math.min(ms, timeMs));
  for (const instance of state.instances.values()) {
    instance.condition = notAfter(instance.condition, timeMs);
    instance.aboveMs = Math.min(instance.aboveMs, timeMs);
    if (instance.kind === 'series' && instance.presentMs !== undefined)
      instance.presentMs = Math.min(instance.presentMs, timeMs);
  }
}

/**
 * Whether somebody is told of each firing alert now, and why not. One decision for all: the stages that send messages
 * to receivers ask `muted`, and the hub puts `decided` on the wire, which open pages obey.
 *
 * What rings, and when, for one rule and series that fires again and again:
 * 1. The first firing rings.
 * 2. One that fires anew within the least time between two messages (`groupIntervalMs`, 5 min) is held back as
 *    `fired-again`, and rings when that time has passed and it still fires.
 * 3. The firing by which the engine finds it to be flapping (the fifth within an hour, say) rings at once, and says so. From
 *    there on the engine keeps it firing until it has been quiet (15 min at least), so nothing rings until then.
 */
import {
  seriesKey,
  seriesSetId,
  SILENCE_METRIC,
  type Alert,
  type Labels,
  type NotifyDecision,
} from '@openmanager/protocol';
import { audienceOf } from '../model/audience.ts';
import { windowAt } from '../silence/schedule.ts';
import { activeUntilMs, isActive, silencedBy, type Silence } from '../silence/silence.ts';
import type { AlertFacts } from './facts.ts';
import { Inhibitor } from './inhibit.ts';
import type { Acknowledgement } from './notification.ts';
import type { DispatchPolicy } from './policy.ts';
import { branchesFor } from './route.ts';
import { MUTED_CHECK_MS } from './stages.ts';

/** Rings that are remembered for `fired-again`; beyond it the oldest are forgotten, and ring once more. */
export const RINGS_KEPT = 20_000;

type Why = Omit<NotifyDecision, 'to'>;

interface Firing {
  readonly alert: Alert;
  readonly labels: Labels;
  /** Undefined between a restart and the first look. */
  decision: NotifyDecision | undefined;
  /** Whether it was told, or could have been: what mutes it later does not make it ring anew. */
  rang: boolean;
}

export class Decisions {
  #policy: DispatchPolicy;
  #inhibitor: Inhibitor;
  readonly #acknowledgements: Map<string, Acknowledgement>;
  readonly #firing = new Map<string, Firing>();
  /** By rule and series: when it rang last, oldest first. */
  readonly #rings = new Map<string, number>();
  /** Something beside the clock changed since the last look. */
  #isStale = false;
  #nextMs = Number.POSITIVE_INFINITY;
  #activeSilences = '';

  constructor(
    policy: DispatchPolicy,
    acknowledgements: Iterable<readonly [alertId: string, Acknowledgement]>,
  ) {
    this.#policy = policy;
    this.#inhibitor = new Inhibitor(policy.inhibitions, policy.target);
    this.#acknowledgements = new Map(acknowledgements);
  }

  configure(policy: DispatchPolicy, labelsOf: (alert: Alert) => Labels): void {
    this.#policy = policy;
    this.#inhibitor = new Inhibitor(policy.inhibitions, policy.target);
    this.#isStale = true;
    for (const [id, { alert, decision, rang }] of this.#firing) {
      const labels = labelsOf(alert);
      this.#inhibitor.fires(alert, labels);
      this.#firing.set(id, { alert, labels, decision, rang });
    }
  }

  /** What fired at a restart. `rang`: somebody was told of it. */
  restore(alert: Alert, labels: Labels, rang: boolean): void {
    const before = this.#firing.get(alert.id);
    this.#inhibitor.fires(alert, labels);
    const firing = { alert, labels, decision: undefined, rang: rang || before?.rang === true };
    this.#firing.set(alert.id, firing);
  }

  fires(alert: Alert, labels: Labels, nowMs: number): void {
    const before = this.#firing.get(alert.id);
    if (this.#inhibitor.fires(alert, labels)) this.#isStale = true;
    const firing = { alert, labels, decision: before?.decision, rang: before?.rang === true };
    this.#firing.set(alert.id, firing);
    // What was decided before is looked at by `changed`, which tells of a difference.
    if (firing.decision) this.#isStale = true;
    else this.#decide(firing, nowMs);
  }

  ends(alert: Alert, labels: Labels): void {
    const before = this.#firing.get(alert.id);
    this.#firing.delete(alert.id);
    if (this.#inhibitor.ends(alert, before?.labels ?? labels)) this.#isStale = true;
  }

  /** What rang stays as long ago as it was. */
  clockMoved(stepMs: number): void {
    for (const [instance, rangMs] of this.#rings) this.#rings.set(instance, rangMs + stepMs);
    this.#isStale = true;
  }

  isFiring(alertId: string): boolean {
    return this.#firing.has(alertId);
  }

  firing(): readonly Alert[] {
    return Array.from(this.#firing.values(), ({ alert }) => alert);
  }

  /** The alert as it goes on the wire. */
  decided(alert: Alert): Alert {
    const firing = alert.state === 'firing' ? this.#firing.get(alert.id) : undefined;
    return firing?.decision ? { ...alert, notify: firing.decision } : alert;
  }

  acknowledgement(alertId: string): Acknowledgement | undefined {
    return this.#acknowledgements.get(alertId);
  }

  acknowledge(alertId: string, acknowledgement: Acknowledgement): void {
    this.#acknowledgements.set(alertId, acknowledgement);
    this.#isStale = true;
  }

  /** Whether there was one. */
  unacknowledge(alertId: string): boolean {
    const was = this.#acknowledgements.delete(alertId);
    if (was) this.#isStale = true;
    return was;
  }

  facts(alert: Alert, labels: Labels, nowMs: number): AlertFacts {
    const acknowledged = this.#acknowledgements.get(alert.id);
    return {
      ...(acknowledged ? { acknowledged } : {}),
      silencedBy: silencedBy(this.#policy.silences, labels, nowMs).map(
        ({ silenceId }) => silenceId,
      ),
      inhibitedBy: this.#inhibitor.inhibitedBy(alert, labels),
    };
  }

  /** Whether a silence or another alert mutes it now, whatever the receiver. */
  muted(alert: Alert, labels: Labels, nowMs: number): Why | undefined {
    const silences = silencedBy(this.#policy.silences, labels, nowMs);
    const last = lastToEnd(silences, nowMs);
    if (last) return { muted: 'silenced', untilMs: last.untilMs, by: last.silence.silenceId };
    const [by] = this.#inhibitor.inhibitedBy(alert, labels);
    return by === undefined ? undefined : { muted: 'inhibited', by };
  }

  /** Decides anew where something may have changed; answers the alerts whose decision did. Once a second. */
  changed(nowMs: number): readonly Alert[] {
    if (this.#firing.size === 0) return [];
    const active = this.#policy.silences
      .filter((silence) => isActive(silence, nowMs))
      .map(({ silenceId }) => silenceId)
      .join('\n');
    if (!this.#isStale && nowMs < this.#nextMs && active === this.#activeSilences) return [];
    this.#isStale = false;
    this.#activeSilences = active;
    this.#nextMs = Number.POSITIVE_INFINITY;
    const changed: Alert[] = [];
    for (const firing of this.#firing.values()) {
      const before = firing.decision;
      const decision = this.#decide(firing, nowMs);
      if (!before || !isSame(before, decision)) changed.push({ ...firing.alert, notify: decision });
    }
    return changed;
  }

  #decide(firing: Firing, nowMs: number): NotifyDecision {
    const { alert } = firing;
    const to = audienceOf(this.#policy.rule(alert.ruleId));
    const why = to === 'nobody' ? undefined : this.#why(firing, nowMs);
    const decision: NotifyDecision = { to, ...why };
    firing.decision = decision;
    if (why?.untilMs !== undefined) this.#nextMs = Math.min(this.#nextMs, why.untilMs);
    if (to !== 'nobody' && !why && !firing.rang) {
      firing.rang = true;
      this.#ring(instanceOf(alert), nowMs);
    }
    return decision;
  }

  #why({ alert, labels, rang }: Firing, nowMs: number): Why | undefined {
    const muted = this.muted(alert, labels, nowMs);
    if (muted) return muted;
    if (this.#acknowledgements.has(alert.id)) return { muted: 'acknowledged' };
    const earliestMs = earliestToldMs(alert, this.#policy.rule(alert.ruleId)?.notifyAfterMs);
    if (earliestMs > nowMs) return { muted: 'too-early', untilMs: earliestMs };
    const branches = branchesFor(this.#policy.route, labels);
    if (branches.some(({ activeTimes }) => activeTimes.length > 0)) {
      this.#nextMs = Math.min(this.#nextMs, nowMs + MUTED_CHECK_MS);
      const isOpen = ({ activeTimes }: (typeof branches)[number]): boolean =>
        activeTimes.length === 0 || activeTimes.some((time) => windowAt(time, nowMs) !== undefined);
      if (!branches.some(isOpen)) return { muted: 'off-hours' };
    }
    const rangMs = this.#rings.get(instanceOf(alert));
    if (rang || rangMs === undefined || alert.flapping !== undefined) return undefined;
    const untilMs = rangMs + Math.min(...branches.map(({ groupIntervalMs }) => groupIntervalMs));
    return untilMs > nowMs ? { muted: 'fired-again', untilMs } : undefined;
  }

  #ring(instance: string, nowMs: number): void {
    // Set anew, so that the map is in the order of the rings.
    this.#rings.delete(instance);
    this.#rings.set(instance, nowMs);
    if (this.#rings.size <= RINGS_KEPT) return;
    for (const oldest of this.#rings.keys()) {
      this.#rings.delete(oldest);
      return;
    }
  }
}

/** Before this nobody is told; 0 where the rule does not want it. */
export function earliestToldMs(alert: Alert, notifyAfterMs: number | undefined): number {
  if (!notifyAfterMs) return 0;
  // A silence began when the target was last heard, not when that was noticed.
  const beganMs =
    alert.metric === SILENCE_METRIC ? alert.activeAtMs - alert.threshold : alert.activeAtMs;
  return beganMs + notifyAfterMs;
}

/** Of a rule: the series it fires for. */
export function instanceOf({ ruleId, target, metric, attributes }: Alert): string {
  return `${ruleId}\n${target.id}\n${seriesKey(metric, attributes)}`;
}

/** The same for all alerts of one rule about one series: one that fires again before its end was told has another id. */
export function fingerprintOf(alert: Alert): string {
  return seriesSetId([instanceOf(alert)]);
}

function lastToEnd(
  silences: readonly Silence[],
  nowMs: number,
): { readonly silence: Silence; readonly untilMs: number } | undefined {
  return silences
    .map((silence) => ({ silence, untilMs: activeUntilMs(silence, nowMs) }))
    .reduce<{ silence: Silence; untilMs: number } | undefined>(
      (last, one) => (last && last.untilMs >= one.untilMs ? last : one),
      undefined,
    );
}

function isSame(a: NotifyDecision, b: NotifyDecision): boolean {
  return a.to === b.to && a.muted === b.muted && a.untilMs === b.untilMs && a.by === b.by;
}

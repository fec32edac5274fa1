import type { Alert, Labels } from '@openmanager/protocol';
import { audienceOf } from '../model/audience.ts';
import { labelsOf } from '../silence/labels.ts';
import { Decisions, earliestToldMs } from './decisions.ts';
import {
  groupIdOf,
  groupRecord,
  type Delivery,
  type Flush,
  type Group,
  type GroupRecord,
  type Member,
  type MemberRecord,
} from './group.ts';
import type { AlertFacts } from './facts.ts';
import { entryOf } from './log.ts';
import {
  inOrder,
  keyOf,
  worstOf,
  type Acknowledgement,
  type Notification,
  type NotifiedAlert,
} from './notification.ts';
import { retryDefaults, retryDelayMs, type Outcome, type RetryOptions } from './retry.ts';
import { BROWSERS, type DispatchPolicy } from './policy.ts';
import { branchesFor, type Branch } from './route.ts';
import { flush, pipeline, type Stage } from './stages.ts';
import { boundWaits, moveWaits } from './waits.ts';

export interface DispatchOptions {
  /** @default retryDefaults */
  readonly retry?: RetryOptions | undefined;
  /** Between 0 and 1; spreads attempts. @default Math.random */
  readonly random?: (() => number) | undefined;
  /** Resolved alerts that a group keeps for a receiver it cannot reach; the oldest go first. @default 20_000 */
  readonly resolvedLimit?: number | undefined;
}

const collections = {
  groups: 'notify-groups',
  members: 'notify-members',
  acknowledgements: 'notify-acknowledgements',
  log: 'notify-log',
} as const;
export const dispatchCollections: typeof collections = collections;

/** A record to be written; all changes that one call answers belong into one transaction. */
export type DispatchChange =
  | { readonly collection: string; readonly key: string; readonly value: unknown }
  | { readonly collection: string; readonly key: string; readonly remove: true };

/** What an earlier dispatcher left in its records. */
export interface DispatchRecords {
  readonly groups: readonly GroupRecord[];
  readonly members: readonly MemberRecord[];
  readonly acknowledgements: readonly (readonly [alertId: string, Acknowledgement])[];
}

export const resolvedLimitDefault = 20_000;

/**
 * Decides who is told what, when. Pure: `now` is an argument, sending is somebody else's. What it answers as
 * changes is written first; then `due` is asked for the messages to send, and `settled` told what became of each.
 * A dispatcher made from the records goes on where the last one was: what was not told is told, at least once, and
 * what was under way comes again under the same key.
 */
export class Dispatcher {
  #policy: DispatchPolicy;
  readonly #retry: RetryOptions;
  readonly #random: () => number;
  readonly #resolvedLimit: number;
  readonly #groups = new Map<string, Group>();
  readonly #decisions: Decisions;
  /** Groups by the alerts in them. */
  readonly #memberships = new Map<string, Set<Group>>();
  readonly #stages: readonly Stage[];

  constructor(
    policy: DispatchPolicy,
    records: DispatchRecords = { groups: [], members: [], acknowledgements: [] },
    options: DispatchOptions = {},
  ) {
    this.#policy = policy;
    this.#retry = options.retry ?? retryDefaults;
    this.#random = options.random ?? Math.random;
    this.#resolvedLimit = options.resolvedLimit ?? resolvedLimitDefault;
    this.#decisions = new Decisions(policy, records.acknowledgements);
    this.#stages = pipeline({
      isMuted: (alert, labels, nowMs) => this.#decisions.muted(alert, labels, nowMs) !== undefined,
      isAcknowledged: (alertId) => this.#decisions.acknowledgement(alertId) !== undefined,
    });
    this.#restore(records);
  }

  #restore({ groups, members }: DispatchRecords): void {
    const known = new Map(groups.map((group) => [group.groupId, group]));
    for (const { groupId, alert, told, notBeforeMs } of members) {
      const labels = this.#labels(alert);
      const destination = this.#destinations(alert, labels).find(
        (other) => other.groupId === groupId,
      );
      const record = known.get(groupId);
      // The tree leads elsewhere by now: whoever it leads to is told anew.
      if (!destination || !record) continue;
      const group = this.#group(destination, record);
      this.#add(group, { alert, labels, told, notBeforeMs });
      if (alert.state === 'resolved') group.resolved++;
      if (alert.state === 'firing') this.#decisions.restore(alert, labels, told === 'firing');
    }
  }

  /** Changes who is told. What still fires is routed anew. */
  configure(policy: DispatchPolicy, nowMs: number): readonly DispatchChange[] {
    this.#policy = policy;
    this.#decisions.configure(policy, (alert) => this.#labels(alert));
    const changes: DispatchChange[] = [];
    for (const group of this.#groups.values()) {
      for (const member of group.members.values()) {
        member.labels = this.#labels(member.alert);
        const destination = this.#destinations(member.alert, member.labels).find(
          ({ groupId }) => groupId === group.groupId,
        );
        const stays = member.told === 'firing' || this.#reaches(member.alert, group.receiver);
        if (destination && stays) group.branch = destination.branch;
        else this.#forget(group, member.alert.id, changes);
      }
      if (group.members.size > 0) group.wakeMs = Math.min(group.wakeMs, nowMs);
      else if (!group.delivery?.inFlight) this.#drop(group, changes);
    }
    return [...changes, ...this.take(this.#decisions.firing(), nowMs)];
  }

  /** Takes alerts whose state changed. Repeating one changes nothing. */
  take(alerts: readonly Alert[], nowMs: number): readonly DispatchChange[] {
    const changes: DispatchChange[] = [];
    for (const alert of alerts) {
      const labels = this.#labels(alert);
      if (alert.state === 'firing') {
        this.#decisions.fires(alert, labels, nowMs);
        this.#join(alert, labels, nowMs, changes);
      } else if (alert.state === 'resolved') this.#ended(alert, labels, nowMs, changes);
    }
    return changes;
  }

  /** The hub's time moved by this, ms. */
  clockMoved(stepMs: number): void {
    for (const group of this.#groups.values()) moveWaits(group, stepMs);
    this.#decisions.clockMoved(stepMs);
  }

  /** What still fires after a restart; the others that a receiver was told of have ended meanwhile. */
  reconcile(current: readonly Alert[], nowMs: number): readonly DispatchChange[] {
    for (const group of this.#groups.values()) boundWaits(group, nowMs);
    const firing = new Set(
      current.filter(({ state }) => state === 'firing').map((alert) => alert.id),
    );
    const ended = this.#decisions
      .firing()
      .filter(({ id }) => !firing.has(id))
      .map((alert) => ({ ...alert, state: 'resolved', resolvedAtMs: nowMs }) as const);
    return [...this.take(ended, nowMs), ...this.take(current, nowMs)];
  }

  #labels(alert: Alert): Labels {
    return labelsOf(alert, this.#policy.rule(alert.ruleId), this.#policy.target);
  }

  #join(alert: Alert, labels: Labels, nowMs: number, changes: DispatchChange[]): void {
    for (const destination of this.#destinations(alert, labels)) {
      if (!this.#reaches(alert, destination.receiver)) continue;
      const group = this.#group(destination, undefined);
      if (group.members.has(alert.id)) continue;
      const member: Member = {
        alert,
        labels,
        told: 'nothing',
        notBeforeMs: destination.notBeforeMs,
      };
      this.#add(group, member);
      const earliestMs =
        group.sentMs === undefined
          ? nowMs + group.branch.groupWaitMs
          : Math.max(nowMs, group.sentMs + group.branch.groupIntervalMs);
      this.#wake(group, Math.max(earliestMs, destination.notBeforeMs));
      this.#keepMember(group, member, changes);
      this.#keepGroup(group, changes);
    }
  }

  #ended(alert: Alert, labels: Labels, nowMs: number, changes: DispatchChange[]): void {
    this.#decisions.ends(alert, labels);
    for (const group of this.#memberships.get(alert.id) ?? []) {
      const member = group.members.get(alert.id);
      if (!member || member.alert.state === 'resolved') continue;
      const untold = member.told === 'nothing';
      // Over before anybody was to hear of it; or one who only wants to hear of what fires knows.
      if (untold ? nowMs < member.notBeforeMs : !group.branch.sendResolved) {
        this.#forget(group, alert.id, changes);
        continue;
      }
      member.alert = alert;
      group.resolved++;
      this.#keepMember(group, member, changes);
      this.#bound(group, changes);
      if (group.sentMs !== undefined)
        this.#wake(group, Math.max(nowMs, group.sentMs + group.branch.groupIntervalMs));
    }
    if (!this.#memberships.has(alert.id)) this.#unacknowledge(alert.id, changes);
  }

  #add(group: Group, member: Member): void {
    const { id } = member.alert;
    group.members.set(id, member);
    const groups = this.#memberships.get(id);
    if (groups) groups.add(group);
    else this.#memberships.set(id, new Set([group]));
  }

  /** While a receiver cannot be reached its resolved alerts must not pile up. */
  #bound(group: Group, changes: DispatchChange[]): void {
    if (group.resolved <= this.#resolvedLimit) return;
    for (const { alert } of group.members.values()) {
      if (alert.state !== 'resolved') continue;
      this.#forget(group, alert.id, changes);
      group.dropped++;
      return;
    }
  }

  #wake(group: Group, atMs: number): void {
    group.wakeMs = Math.min(group.wakeMs, atMs);
  }

  /** Whether the rule wants the receiver to hear of it. */
  #reaches(alert: Alert, receiver: string): boolean {
    const audience = audienceOf(this.#policy.rule(alert.ruleId));
    return audience === 'everyone' || (audience === 'browsers' && receiver === BROWSERS);
  }

  #destinations(alert: Alert, labels: Labels): Destination[] {
    const rule = this.#policy.rule(alert.ruleId);
    const found = new Map<string, Destination>();
    const firedMs = alert.firedAtMs ?? alert.activeAtMs;
    const earliestMs = earliestToldMs(alert, rule?.notifyAfterMs);
    for (const branch of branchesFor(this.#policy.route, labels)) {
      const shared = Object.fromEntries(
        branch.groupBy.map((name) => [name, labels[name] ?? ''] as const),
      );
      const add = (receiver: string, step: number, notBeforeMs: number): void => {
        const groupId = groupIdOf(receiver, step, shared);
        if (!found.has(groupId))
          found.set(groupId, { groupId, receiver, step, labels: shared, branch, notBeforeMs });
      };
      for (const receiver of branch.receivers) add(receiver, -1, earliestMs);
      for (const [step, { afterMs, receivers }] of branch.escalations.entries())
        for (const receiver of receivers)
          add(receiver, step, Math.max(earliestMs, firedMs + afterMs));
    }
    return [...found.values()];
  }

  #group(destination: Destination, record: GroupRecord | undefined): Group {
    let group = this.#groups.get(destination.groupId);
    if (!group) {
      group = {
        groupId: destination.groupId,
        receiver: destination.receiver,
        step: destination.step,
        labels: destination.labels,
        branch: destination.branch,
        members: new Map(),
        resolved: 0,
        wakeMs: record?.wakeMs ?? (record ? 0 : Number.POSITIVE_INFINITY),
        sentMs: record?.sentMs,
        turn: record?.turn ?? 0,
        reference: record?.reference,
        dropped: record?.dropped ?? 0,
        delivery: undefined,
      };
      this.#groups.set(destination.groupId, group);
    }
    return group;
  }

  acknowledge(alertId: string, acknowledgement: Acknowledgement): readonly DispatchChange[] {
    if (!this.#decisions.isFiring(alertId)) return [];
    this.#decisions.acknowledge(alertId, acknowledgement);
    return [{ collection: collections.acknowledgements, key: alertId, value: acknowledgement }];
  }

  /** Takes an acknowledgement back. */
  unacknowledge(alertId: string): readonly DispatchChange[] {
    const changes: DispatchChange[] = [];
    this.#unacknowledge(alertId, changes);
    for (const group of this.#memberships.get(alertId) ?? []) group.wakeMs = 0;
    return changes;
  }

  #unacknowledge(alertId: string, changes: DispatchChange[]): void {
    if (this.#decisions.unacknowledge(alertId))
      changes.push({ collection: collections.acknowledgements, key: alertId, remove: true });
  }

  facts(alert: Alert, nowMs: number): AlertFacts {
    return this.#decisions.facts(alert, this.#labels(alert), nowMs);
  }

  /** The alert with what is decided of it now, as it goes on the wire. */
  decided(alert: Alert): Alert {
    return this.#decisions.decided(alert);
  }

  /** Alerts of which something else is decided than before, with the new decision. To be asked about once a second. */
  redecided(nowMs: number): readonly Alert[] {
    return this.#decisions.changed(nowMs);
  }

  /** Messages to send now, at most one per group; each is under way until `settled` says what became of it. */
  due(nowMs: number): {
    readonly notifications: readonly Notification[];
    readonly changes: readonly DispatchChange[];
  } {
    const notifications: Notification[] = [];
    const changes: DispatchChange[] = [];
    for (const group of this.#groups.values()) {
      if (group.delivery ? group.delivery.inFlight : group.wakeMs > nowMs) continue;
      if (group.delivery && group.delivery.nextMs > nowMs) continue;
      group.wakeMs = Number.POSITIVE_INFINITY;
      const flushed = flush(this.#stages, group, nowMs);
      if (flushed?.reason) notifications.push(this.#start(flushed));
      else this.#rest(group, nowMs, changes);
    }
    return { notifications, changes };
  }

  #start({ group, members, reason = 'new', nowMs }: Flush): Notification {
    const alerts = inOrder(members.map((member) => this.#notified(member)));
    const key = keyOf(group.groupId, group.turn, reason, alerts);
    const notification: Notification = {
      key,
      receiver: group.receiver,
      groupId: group.groupId,
      groupLabels: group.labels,
      reason,
      rings: reason === 'repeat' || alerts.some(({ isNew }) => isNew === true),
      status: alerts.some(({ alert }) => alert.state === 'firing') ? 'firing' : 'resolved',
      severity: worstOf(alerts),
      alerts,
      dropped: group.dropped,
      ...(group.reference === undefined ? {} : { reference: group.reference }),
      createdAtMs: nowMs,
    };
    group.delivery = {
      notification,
      attempts: group.delivery?.attempts ?? 0,
      firstMs: group.delivery?.firstMs ?? nowMs,
      nextMs: nowMs,
      inFlight: true,
      failure: group.delivery?.failure,
    };
    return notification;
  }

  #notified({ alert, labels, told }: Member): NotifiedAlert {
    const runbookUrl = this.#policy.rule(alert.ruleId)?.runbookUrl;
    const acknowledged = this.#decisions.acknowledgement(alert.id);
    return {
      alert,
      labels,
      ...(runbookUrl === undefined ? {} : { runbookUrl }),
      ...(acknowledged ? { acknowledged } : {}),
      ...(told === 'nothing' && alert.state === 'firing' ? { isNew: true } : {}),
    };
  }

  /** Nothing to send: lets go of what ended unheard, and of a group without anything in it. */
  #rest(group: Group, nowMs: number, changes: DispatchChange[]): void {
    group.delivery = undefined;
    for (const { alert, told } of group.members.values())
      if (alert.state === 'resolved' && told === 'nothing') this.#forget(group, alert.id, changes);
    if (group.members.size > 0) return;
    const restMs = (group.sentMs ?? Number.NEGATIVE_INFINITY) + group.branch.groupIntervalMs;
    // An empty group is kept for as long as it holds messages apart.
    if (nowMs >= restMs) this.#drop(group, changes);
    else group.wakeMs = restMs;
  }

  #drop(group: Group, changes: DispatchChange[]): void {
    this.#groups.delete(group.groupId);
    changes.push({ collection: collections.groups, key: group.groupId, remove: true });
  }

  /** What became of the message of this group that was under way. */
  settled(groupId: string, outcome: Outcome, nowMs: number): readonly DispatchChange[] {
    const group = this.#groups.get(groupId);
    const delivery = group?.delivery;
    if (!group || !delivery?.inFlight) return [];
    const changes: DispatchChange[] = [];
    const attempts = delivery.attempts + 1;
    const givenUp = nowMs - delivery.firstMs >= this.#retry.giveUpMs;
    const entry = entryOf(delivery, group.turn, outcome, attempts, givenUp, nowMs);
    changes.push({ collection: collections.log, key: entry.entryId, value: entry });
    if (outcome.kind === 'failed' && !givenUp) {
      const delayMs = retryDelayMs(outcome, attempts, this.#retry, this.#random);
      group.delivery = {
        ...delivery,
        attempts,
        nextMs: nowMs + delayMs,
        inFlight: false,
        failure: outcome.answer,
      };
      return changes;
    }
    group.delivery = undefined;
    this.#told(group, delivery, changes);
    group.sentMs = nowMs;
    group.turn++;
    group.dropped = 0;
    const firing = [...group.members.values()].some(({ told }) => told === 'firing');
    if (!firing) group.reference = undefined;
    else if (outcome.kind === 'delivered') group.reference = outcome.reference ?? group.reference;
    group.wakeMs = nowMs + group.branch.groupIntervalMs;
    this.#keepGroup(group, changes);
    return changes;
  }

  #told(group: Group, { notification }: Delivery, changes: DispatchChange[]): void {
    for (const { alert } of notification.alerts) {
      const member = group.members.get(alert.id);
      if (!member) continue;
      if (alert.state === 'resolved') {
        this.#forget(group, alert.id, changes);
        if (!this.#decisions.isFiring(alert.id)) this.#unacknowledge(alert.id, changes);
      } else if (member.alert.state === 'resolved' && !group.branch.sendResolved)
        this.#forget(group, alert.id, changes);
      else if (member.told !== 'firing') {
        member.told = 'firing';
        this.#keepMember(group, member, changes);
      }
    }
  }

  #forget(group: Group, alertId: string, changes: DispatchChange[]): void {
    if (group.members.get(alertId)?.alert.state === 'resolved') group.resolved--;
    group.members.delete(alertId);
    const groups = this.#memberships.get(alertId);
    if (groups?.delete(group) && groups.size === 0) this.#memberships.delete(alertId);
    changes.push({
      collection: collections.members,
      key: `${group.groupId} ${alertId}`,
      remove: true,
    });
  }

  #keepMember(group: Group, { alert, told, notBeforeMs }: Member, changes: DispatchChange[]): void {
    const value: MemberRecord = { groupId: group.groupId, alert, told, notBeforeMs };
    changes.push({ collection: collections.members, key: `${group.groupId} ${alert.id}`, value });
  }

  #keepGroup(group: Group, changes: DispatchChange[]): void {
    changes.push({
      collection: collections.groups,
      key: group.groupId,
      value: groupRecord(group),
    });
  }

  /** Receivers that could not be reached, with the last answer. */
  failing(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const { receiver, delivery } of this.#groups.values())
      if (delivery?.failure !== undefined) found.set(receiver, delivery.failure);
    return found;
  }
}

interface Destination {
  readonly groupId: string;
  readonly receiver: string;
  readonly step: number;
  readonly labels: Labels;
  readonly branch: Branch;
  readonly notBeforeMs: number;
}

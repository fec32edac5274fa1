import type { Alert, Labels } from '@openmanager/protocol';
import { labelsOf } from '../silence/labels.ts';
import { CountsByReceiver, type DispatchCounts } from './counts.ts';
import { Decisions, instanceOf } from './decisions.ts';
import { destinationsOf, reaches, type Destination } from './destinations.ts';
import {
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
import { notificationOf } from './compose.ts';
import type { Acknowledgement, Notification } from './notification.ts';
import { retryDefaults, retryDelayMs, type Outcome, type RetryOptions } from './retry.ts';
import type { DispatchPolicy } from './policy.ts';
import { branchesFor } from './route.ts';
import { flush, pipeline, type Stage } from './stages.ts';
import { Storms, type StormOptions } from './storm.ts';
import { boundWaits, dueMs, isUntold, mayKnow, moveWaits } from './waits.ts';

export interface DispatchOptions {
  /** @default retryDefaults */
  readonly retry?: RetryOptions | undefined;
  /** @default stormDefaults */
  readonly storm?: StormOptions | undefined;
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
  readonly #storms: Storms;
  readonly #counts = new CountsByReceiver();
  /** By receiver that asked to be left alone: until when. */
  readonly #pausedMs = new Map<string, number>();

  constructor(
    policy: DispatchPolicy,
    records: DispatchRecords = { groups: [], members: [], acknowledgements: [] },
    options: DispatchOptions = {},
  ) {
    this.#policy = policy;
    this.#retry = options.retry ?? retryDefaults;
    this.#random = options.random ?? Math.random;
    this.#resolvedLimit = options.resolvedLimit ?? resolvedLimitDefault;
    this.#storms = new Storms(options.storm);
    this.#decisions = new Decisions(policy, records.acknowledgements);
    this.#stages = pipeline({
      isMuted: (alert, labels, nowMs) => this.#decisions.muted(alert, labels, nowMs) !== undefined,
      isAcknowledged: (alertId) => this.#decisions.acknowledgement(alertId) !== undefined,
      onMuted: (receiver) => this.#counts.add(receiver, 'muted'),
    });
    this.#restore(records);
  }

  #restore({ groups, members }: DispatchRecords): void {
    const known = new Map(groups.map((group) => [group.groupId, group]));
    for (const { groupId, alert, told, notBeforeMs } of members) {
      const labels = this.#labels(alert);
      const record = known.get(groupId);
      const destination = record && this.#destinationOf(record, alert, labels);
      // The tree leads elsewhere by now: whoever it leads to is told anew.
      if (!destination) {
        if (record) this.#restoreIncident(record, alert, labels, told);
        continue;
      }
      const group = this.#group(destination, record);
      this.#add(group, { alert, labels, told, notBeforeMs });
      if (alert.state === 'resolved') group.resolved++;
      if (alert.state === 'firing') this.#decisions.restore(alert, labels, told === 'firing');
    }
  }

  /** One that a receiver keeps and that the tree does not lead to any more: it has to be closed there. */
  #restoreIncident(record: GroupRecord, alert: Alert, labels: Labels, told: Member['told']): void {
    const [branch] = branchesFor(this.#policy.route, labels);
    if (!branch || !mayKnow({ told }) || !this.#opensIncidents(record)) return;
    const destination = { ...record, branch: { ...branch, sendResolved: true }, notBeforeMs: 0 };
    const group = this.#group(destination, record);
    const ended = { state: 'resolved', resolvedAtMs: alert.sampleTimeMs } as const;
    const closed = alert.state === 'resolved' ? alert : { ...alert, ...ended };
    this.#add(group, { alert: closed, labels, told, notBeforeMs: 0 });
    group.resolved++;
    group.wakeMs = 0;
  }

  /** Changes who is told. What still fires is routed anew. */
  configure(policy: DispatchPolicy, nowMs: number): readonly DispatchChange[] {
    this.#policy = policy;
    this.#decisions.configure(policy, (alert) => this.#labels(alert));
    const changes: DispatchChange[] = [];
    for (const group of this.#groups.values())
      for (const { alert } of group.members.values()) {
        if (alert.state === 'firing' || this.#opensIncidents(group)) continue;
        const destination = this.#destinationOf(group, alert, this.#labels(alert));
        if (destination) group.branch = destination.branch;
        else this.#forget(group, alert.id, changes);
      }
    changes.push(...this.take(this.#decisions.firing(), nowMs));
    for (const group of this.#groups.values())
      if (group.members.size > 0) group.wakeMs = Math.min(group.wakeMs, nowMs);
      else if (!group.delivery?.inFlight) this.#drop(group, changes);
    return changes;
  }

  /** Takes alerts whose state changed, or what is told of them. Repeating one changes nothing. */
  take(alerts: readonly Alert[], nowMs: number): readonly DispatchChange[] {
    const changes: DispatchChange[] = [];
    for (const alert of alerts) {
      const labels = this.#labels(alert);
      if (alert.state === 'firing') {
        this.#decisions.fires(alert, labels, nowMs);
        const told = this.#follow(alert, labels, nowMs, changes);
        this.#join(alert, labels, told, nowMs, changes);
      } else if (alert.state === 'resolved') this.#ended(alert, labels, nowMs, changes);
    }
    return changes;
  }

  /**
   * The alert, its labels or the tree may have changed: groups that have it take it over, those that it left let go of
   * it. An incident is closed where it was opened. Answers what receivers know that it left a group of, by receiver.
   */
  #follow(
    alert: Alert,
    labels: Labels,
    nowMs: number,
    changes: DispatchChange[],
  ): ReadonlyMap<string, Left> {
    const known = new Map<string, Left>();
    for (const group of this.#memberships.get(alert.id) ?? []) {
      const member = group.members.get(alert.id);
      if (!member || member.alert.state === 'resolved') continue;
      const destination = this.#destinationOf(group, alert, labels);
      if (destination && (mayKnow(member) || reaches(this.#policy, alert, group.receiver))) {
        group.branch = destination.branch;
        const isSame = member.alert === alert;
        Object.assign(member, { alert, labels });
        if (!isSame) this.#keepMember(group, member, changes);
      } else if (mayKnow(member) && this.#opensIncidents(group)) {
        member.alert = { ...alert, state: 'resolved', resolvedAtMs: nowMs };
        group.resolved++;
        this.#wake(group, Math.max(nowMs, dueMs(group)));
        this.#keepMember(group, member, changes);
      } else {
        known.set(laneOf(group), { told: member.told, sentMs: group.sentMs });
        this.#forget(group, alert.id, changes);
      }
    }
    return known;
  }

  #opensIncidents({ receiver }: Pick<Group, 'receiver'>): boolean {
    return this.#policy.opensIncidents?.(receiver) ?? false;
  }

  /** The hub's time moved by this, ms. */
  clockMoved(stepMs: number): void {
    for (const group of this.#groups.values()) moveWaits(group, stepMs);
    for (const [receiver, untilMs] of this.#pausedMs)
      this.#pausedMs.set(receiver, untilMs + stepMs);
    this.#storms.clockMoved(stepMs);
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

  /** `known`: what receivers know that it left a group of. */
  #join(
    alert: Alert,
    labels: Labels,
    known: ReadonlyMap<string, Left>,
    nowMs: number,
    changes: DispatchChange[],
  ): void {
    for (const destination of destinationsOf(this.#policy, alert, labels)) {
      const { receiver, step, notBeforeMs } = destination;
      if (!reaches(this.#policy, alert, receiver) || this.#isMember(alert.id, receiver, step))
        continue;
      const group = this.#group(destination, undefined);
      // It is told to fire, and did not hear that it ended: to the receiver it fires on.
      const left = known.get(laneOf(destination));
      const told = this.#forgetEnded(group, alert, changes) ? 'firing' : (left?.told ?? 'nothing');
      if (told === 'firing') group.sentMs ??= left?.sentMs;
      const member: Member = { alert, labels, told, notBeforeMs };
      this.#add(group, member);
      group.sinceMs ??= nowMs;
      if (told === 'nothing') this.#wake(group, Math.max(nowMs, dueMs(group), notBeforeMs));
      this.#keepMember(group, member, changes);
      this.#keepGroup(group, changes);
    }
  }

  #ended(alert: Alert, labels: Labels, nowMs: number, changes: DispatchChange[]): void {
    this.#decisions.ends(alert, labels);
    for (const group of this.#memberships.get(alert.id) ?? []) {
      const member = group.members.get(alert.id);
      if (!member || member.alert.state === 'resolved') continue;
      // Over before anybody heard of it; or one who only wants to hear of what fires knows.
      const isToldNow = isUnderWay(group, alert.id);
      if (mayKnow(member) ? !group.branch.sendResolved : !isToldNow) {
        this.#forget(group, alert.id, changes);
        continue;
      }
      member.alert = alert;
      group.resolved++;
      this.#keepMember(group, member, changes);
      this.#bound(group, changes);
      this.#wake(group, Math.max(nowMs, dueMs(group)));
    }
    if (!this.#memberships.has(alert.id)) this.#unacknowledge(alert.id, changes);
  }

  /** Whether one who is told in this step has it in a group already. */
  #isMember(alertId: string, receiver: string, step: number): boolean {
    for (const group of this.#memberships.get(alertId) ?? [])
      if (group.receiver === receiver && group.step === step)
        if (group.members.get(alertId)?.alert.state === 'firing') return true;
    return false;
  }

  /** Lets go of an alert of the same rule and series that ended, unless its end is on its way; answers whether. */
  #forgetEnded(group: Group, alert: Alert, changes: DispatchChange[]): boolean {
    // That it flaps is news.
    const own = group.members.get(alert.id);
    // It left the group, and is back before that was told.
    if (own && isUnderWay(group, alert.id)) return false;
    if (own) this.#forget(group, alert.id, changes);
    if (own && mayKnow(own)) return true;
    if (alert.flapping !== undefined) return false;
    for (const { alert: other, told } of group.members.values()) {
      if (other.state !== 'resolved' || told !== 'firing' || isUnderWay(group, other.id)) continue;
      if (instanceOf(other) !== instanceOf(alert)) continue;
      this.#forget(group, other.id, changes);
      return true;
    }
    return false;
  }

  /** Where the tree leads with it, as far as that is this group. */
  #destinationOf(
    { groupId, receiver, step, labels, isStorm }: GroupRecord | Group,
    alert: Alert,
    own: Labels,
  ): Destination | undefined {
    const found = destinationsOf(this.#policy, alert, own).find((other) =>
      isStorm ? other.receiver === receiver && other.step === step : other.groupId === groupId,
    );
    return found && { ...found, groupId, labels };
  }

  #add(group: Group, member: Member): void {
    const { id } = member.alert;
    if (group.members.get(id)?.alert.state === 'resolved') group.resolved--;
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

  #group(destination: Destination, record: GroupRecord | undefined): Group {
    let group = this.#groups.get(destination.groupId);
    if (!group) {
      group = {
        groupId: destination.groupId,
        receiver: destination.receiver,
        step: destination.step,
        labels: destination.labels,
        isStorm: record?.isStorm ?? false,
        branch: destination.branch,
        members: new Map(),
        resolved: 0,
        wakeMs: record?.wakeMs ?? (record ? 0 : Number.POSITIVE_INFINITY),
        sinceMs: record?.sinceMs,
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
    const flushes: Flush[] = [];
    for (const group of this.#groups.values()) {
      if (group.delivery ? group.delivery.inFlight : group.wakeMs > nowMs) continue;
      if (group.delivery && group.delivery.nextMs > nowMs) continue;
      if ((this.#pausedMs.get(group.receiver) ?? 0) > nowMs) continue;
      group.wakeMs = Number.POSITIVE_INFINITY;
      const flushed = flush(this.#stages, group, nowMs);
      if (flushed?.reason) flushes.push(flushed);
      else this.#rest(group, nowMs, changes);
    }
    for (const flushed of this.#gathered(flushes, nowMs, changes))
      notifications.push(this.#start(flushed));
    return { notifications, changes };
  }

  /** Where many groups of one receiver have something new to say at once, one group says it for them. */
  #gathered(flushes: readonly Flush[], nowMs: number, changes: DispatchChange[]): Flush[] {
    const { alone, storms } = this.#storms.sort(flushes, nowMs);
    const gathered = [...alone];
    for (const { groupId, flushes: of } of storms) {
      const [{ group: first }] = of;
      const { receiver, step, branch } = first;
      let storm = this.#groups.get(groupId);
      if (!storm) {
        const base = { groupId, receiver, step, labels: {}, branch };
        storm = this.#group(
          { ...base, notBeforeMs: 0 },
          { ...emptyRecord, ...base, isStorm: true },
        );
      }
      for (const { group, members } of of) {
        for (const member of members.filter(isUntold)) {
          this.#forget(group, member.alert.id, changes);
          this.#add(storm, member);
          this.#keepMember(storm, member, changes);
        }
        // What it has to say beside that, such as an end, it says itself.
        const own = flush(this.#stages, group, nowMs);
        if (own?.reason) gathered.push(own);
        else this.#rest(group, nowMs, changes);
      }
      storm.wakeMs = Number.POSITIVE_INFINITY;
      const flushed = storm.delivery ? undefined : flush(this.#stages, storm, nowMs);
      this.#keepGroup(storm, changes);
      if (flushed?.reason) gathered.push(flushed);
    }
    return gathered;
  }

  #start(flushed: Flush): Notification {
    const { group, nowMs } = flushed;
    const notification = notificationOf(flushed, this.#policy, this.#decisions);
    group.delivery = {
      notification,
      attempts: group.delivery?.attempts ?? 0,
      firstMs: group.delivery?.firstMs ?? nowMs,
      nextMs: nowMs,
      inFlight: true,
      failure: group.delivery?.failure,
      reached: notification.reached ?? [],
    };
    return notification;
  }

  /** Nothing to send: lets go of what ended unheard, and of a group without anything in it. */
  #rest(group: Group, nowMs: number, changes: DispatchChange[]): void {
    const { delivery } = group;
    if (delivery) {
      const answer = `ended before it could be told: ${delivery.failure ?? ''}`;
      const entry = entryOf(
        delivery,
        group.turn,
        { kind: 'failed', answer },
        delivery.attempts,
        true,
        nowMs,
      );
      changes.push({ collection: collections.log, key: entry.entryId, value: entry });
    }
    group.delivery = undefined;
    this.#forgetUnheard(group, changes);
    if (group.members.size > 0) return;
    const restMs = (group.sentMs ?? Number.NEGATIVE_INFINITY) + group.branch.groupIntervalMs;
    // An empty group is kept for as long as it holds messages apart.
    if (nowMs >= restMs) this.#drop(group, changes);
    else group.wakeMs = restMs;
  }

  /** Of what ended, what the receiver never heard of. */
  #forgetUnheard(group: Group, changes: DispatchChange[]): void {
    for (const member of group.members.values())
      if (member.alert.state === 'resolved' && !mayKnow(member))
        this.#forget(group, member.alert.id, changes);
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
    const { receiver } = group;
    this.#counts.add(receiver, outcome.kind === 'delivered' ? 'sent' : 'failed');
    if (attempts > 1) this.#counts.add(receiver, 'retried');
    if (givenUp && outcome.kind === 'failed') this.#counts.add(receiver, 'givenUp');
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
        reached: [...delivery.reached, ...(outcome.reached ?? [])],
      };
      if (outcome.retryAfterMs !== undefined) this.#pause(group.receiver, nowMs + delayMs);
      if (outcome.reached && outcome.reached.length > 0) this.#toldSome(group, delivery, changes);
      this.#forgetUnheard(group, changes);
      return changes;
    }
    group.delivery = undefined;
    const { reached } = delivery;
    if (outcome.kind === 'failed' && reached.length + (outcome.reached?.length ?? 0) === 0)
      this.#givenUp(group, delivery, changes);
    else this.#told(group, delivery, changes);
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
        // Else it came back to this group meanwhile, and has to be told anew.
        if (member.alert.state === 'resolved') this.#forget(group, alert.id, changes);
        if (!this.#decisions.isFiring(alert.id)) this.#unacknowledge(alert.id, changes);
      } else if (member.alert.state === 'resolved' && !group.branch.sendResolved)
        this.#forget(group, alert.id, changes);
      else if (member.told !== 'firing') {
        member.told = 'firing';
        this.#keepMember(group, member, changes);
      }
    }
  }

  /** Some recipients have it: they are to hear of its end, and it is no news to them in another message. */
  #toldSome(group: Group, { notification }: Delivery, changes: DispatchChange[]): void {
    for (const { alert } of notification.alerts) {
      const member = group.members.get(alert.id);
      if (!member || alert.state !== 'firing' || !isUntold(member)) continue;
      member.told = 'perhaps';
      member.isKnownToSome = true;
      this.#keepMember(group, member, changes);
    }
  }

  /** The receiver asked to be left alone: so do all messages to it. */
  #pause(receiver: string, untilMs: number): void {
    this.#pausedMs.set(receiver, Math.max(this.#pausedMs.get(receiver) ?? 0, untilMs));
  }

  /** It never heard of these, and is not told that they end. */
  #givenUp(group: Group, { notification }: Delivery, changes: DispatchChange[]): void {
    this.#forgetUnheard(group, changes);
    for (const { alert } of notification.alerts) {
      const member = group.members.get(alert.id);
      if (!member || !isUntold(member)) continue;
      member.told = 'given-up';
      this.#keepMember(group, member, changes);
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

  /** What waits for the receiver is tried at the next look, whatever it asked for. */
  retry(receiver: string, nowMs: number): void {
    this.#pausedMs.delete(receiver);
    for (const group of this.#groups.values())
      if (group.receiver === receiver && group.delivery && !group.delivery.inFlight)
        group.delivery = { ...group.delivery, nextMs: nowMs };
  }

  /** Since the start, by receiver. */
  get counts(): ReadonlyMap<string, DispatchCounts> {
    return this.#counts.all;
  }

  /** Receivers that could not be reached, with the last answer. */
  failing(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const { receiver, delivery } of this.#groups.values())
      if (delivery?.failure !== undefined) found.set(receiver, delivery.failure);
    return found;
  }
}

/** Whether a message that is on its way tells of it. */
function isUnderWay({ delivery }: Group, alertId: string): boolean {
  if (!delivery?.inFlight) return false;
  return delivery.notification.alerts.some(({ alert }) => alert.id === alertId);
}

/** Who is told in which step. */
function laneOf({ receiver, step }: Pick<Group, 'receiver' | 'step'>): string {
  return `${step} ${receiver}`;
}

/** What a receiver knows of an alert that left its group. */
interface Left {
  readonly told: Member['told'];
  readonly sentMs: number | undefined;
}

const emptyRecord = { wakeMs: null, turn: 0, dropped: 0 } as const;

import { tellsBrowsers } from '@openmanager/protocol';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '@openmanager/protocol/durations';
import type { Alert, TargetRef } from '@openmanager/protocol';
import {
  defaultInhibitions,
  defaultRules,
  dispatchCollections,
  Dispatcher,
  type Acknowledgement,
  type DispatchChange,
  type DispatchOptions,
  type DispatchPolicy,
  type GroupRecord,
  type MemberRecord,
  type Notification,
  type NotificationEntry,
  type Outcome,
} from '../src/index.ts';

export { HOUR_MS, MINUTE_MS, SECOND_MS };

export function host(id: string): TargetRef {
  return { id, kind: 'host', name: id };
}

export function alert(change: Partial<Alert> & { readonly id: string }): Alert {
  return {
    ruleId: 'memory-exhausted',
    target: { id: 'web100000000', kind: 'host', name: 'web-1' },
    severity: 'critical',
    state: 'firing',
    metric: 'system.memory.utilization',
    attributes: {},
    value: 0.96,
    threshold: 0.95,
    activeAtMs: 0,
    firedAtMs: 0,
    sampleTimeMs: 0,
    summary: 'Memory',
    ...change,
  };
}

export function resolved(fired: Alert, atMs: number): Alert {
  return { ...fired, state: 'resolved', resolvedAtMs: atMs };
}

export function policy(change: Partial<DispatchPolicy> = {}): DispatchPolicy {
  return {
    route: { receivers: ['ops'] },
    inhibitions: defaultInhibitions,
    silences: [],
    rule: (ruleId) => defaultRules.find((rule) => rule.ruleId === ruleId),
    target: () => undefined,
    ...change,
  };
}

export interface Sent {
  readonly atMs: number;
  readonly message: Notification;
}

/**
 * A hub in virtual time: records as a store keeps them, receivers that answer as `answer` says, after `latencyMs`.
 * `kill` forgets everything but the records, also the answers that are still under way.
 */
export class VirtualHub {
  nowMs = 0;
  readonly records = new Map<string, Map<string, unknown>>();
  readonly sent: Sent[] = [];
  latencyMs = 100;
  answer: (message: Notification, nowMs: number) => Outcome = () => ({
    kind: 'delivered',
    answer: 'ok',
  });
  /** Alerts as they went on the wire. */
  readonly wire: { readonly atMs: number; readonly alert: Alert }[] = [];
  dispatcher: Dispatcher;
  policy: DispatchPolicy;
  readonly #options: DispatchOptions;
  #underWay: { atMs: number; groupId: string; outcome: Outcome }[] = [];
  /** As the hub's store has them. */
  readonly current = new Map<string, Alert>();

  constructor(change: Partial<DispatchPolicy> = {}, options: DispatchOptions = {}) {
    this.policy = policy(change);
    this.#options = { random: () => 0.5, ...options };
    this.dispatcher = new Dispatcher(this.policy, undefined, this.#options);
  }

  #collection<T>(name: string): [string, T][] {
    return [...((this.records.get(name) ?? new Map()) as Map<string, T>)];
  }

  write(changes: readonly DispatchChange[]): void {
    for (const change of changes) {
      let records = this.records.get(change.collection);
      if (!records) this.records.set(change.collection, (records = new Map()));
      if ('remove' in change) records.delete(change.key);
      else records.set(change.key, JSON.parse(JSON.stringify(change.value)));
    }
  }

  kill(): void {
    this.#underWay = [];
    this.dispatcher = new Dispatcher(
      this.policy,
      {
        groups: this.#collection<GroupRecord>(dispatchCollections.groups).map(([, group]) => group),
        members: this.#collection<MemberRecord>(dispatchCollections.members).map(([, one]) => one),
        acknowledgements: this.#collection<Acknowledgement>(dispatchCollections.acknowledgements),
      },
      this.#options,
    );
    this.write(this.dispatcher.reconcile([...this.current.values()], this.nowMs));
  }

  log(): NotificationEntry[] {
    return this.#collection<NotificationEntry>(dispatchCollections.log).map(([, entry]) => entry);
  }

  take(...alerts: readonly Alert[]): void {
    for (const one of alerts) {
      if (one.state === 'firing') this.current.set(one.id, one);
      else this.current.delete(one.id);
    }
    this.write(this.dispatcher.take(alerts, this.nowMs));
    this.#announce(alerts.map((one) => this.dispatcher.decided(one)));
  }

  #announce(alerts: readonly Alert[]): void {
    for (const one of alerts) this.wire.push({ atMs: this.nowMs, alert: one });
  }

  /** Seconds at which a page that was open from the start would ring, with the alert's id. */
  rings(): string[] {
    const rung = new Set<string>();
    return this.wire.flatMap(({ atMs, alert: one }) => {
      if (one.state !== 'firing' || !tellsBrowsers(one) || rung.has(one.id)) return [];
      rung.add(one.id);
      return [`${atMs / SECOND_MS} ${one.id}`];
    });
  }

  /** `seconds id: to muted`, each time that an alert that fires went on the wire. */
  decisions(): string[] {
    return this.wire.flatMap(({ atMs, alert: { id, state, notify } }) =>
      state === 'firing'
        ? [`${atMs / SECOND_MS} ${id}: ${notify?.to ?? '?'} ${notify?.muted ?? 'told'}`]
        : [],
    );
  }

  configure(change: Partial<DispatchPolicy>): void {
    this.policy = { ...this.policy, ...change };
    this.write(this.dispatcher.configure(this.policy, this.nowMs));
  }

  /** The clock is set by this, and the hub knows. */
  clockMoved(stepMs: number): void {
    this.nowMs += stepMs;
    this.#underWay = this.#underWay.map((one) => ({ ...one, atMs: one.atMs + stepMs }));
    this.dispatcher.clockMoved(stepMs);
  }

  /** Lets time pass in steps of a second. */
  run(ms: number, each: () => void = () => undefined): void {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs;) {
      this.nowMs += SECOND_MS;
      this.step();
      each();
    }
  }

  step(): void {
    const { nowMs } = this;
    const ended = this.#underWay.filter(({ atMs }) => atMs <= nowMs);
    this.#underWay = this.#underWay.filter(({ atMs }) => atMs > nowMs);
    for (const { groupId, outcome } of ended)
      this.write(this.dispatcher.settled(groupId, outcome, nowMs));
    const { notifications, changes } = this.dispatcher.due(nowMs);
    this.write(changes);
    this.#announce(this.dispatcher.redecided(nowMs));
    for (const message of notifications) {
      const outcome = this.answer(message, nowMs);
      if (outcome.kind === 'delivered') this.sent.push({ atMs: nowMs, message });
      this.#underWay.push({ atMs: nowMs + this.latencyMs, groupId: message.groupId, outcome });
    }
  }

  /** `seconds receiver status: ids`, in order. */
  brief(): string[] {
    return this.sent.map(
      ({ atMs, message }) =>
        `${atMs / SECOND_MS} ${message.receiver} ${message.reason} ${message.status}: ${message.alerts
          .map((one) => `${one.alert.id}${one.alert.state === 'resolved' ? '-' : '+'}`)
          .join(' ')}`,
    );
  }
}

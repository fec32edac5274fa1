import {
  BROWSERS,
  dispatchCollections,
  Dispatcher,
  type DispatchCounts,
  type Acknowledgement,
  type AlertFacts,
  type DispatchPolicy,
  type GroupRecord,
  type MemberRecord,
  type Notification,
  type NotificationEntry,
  type ReceiverSettings,
} from '@openmanager/alerting';
import { deliver, type SendOutcome } from '@openmanager/alerting/notify';
import { ProtocolError, type Alert } from '@openmanager/protocol';
import type { RecordChange, RecordStore } from '@openmanager/store';
import type { Clock, HealthIssues, KnownHosts } from '../ports/index.ts';
import { collection, LogKeys, type Journal } from '../records/index.ts';
import type { AlertSettings } from './alert-settings.ts';
import { sendContext, thrownOutcome } from './send-context.ts';
import { testNotification } from './test-notification.ts';
import { upgradeEntry, upgradeMember } from './upgrade.ts';

const groupRecords = collection<GroupRecord>(dispatchCollections.groups);
const memberRecords = collection<MemberRecord>(dispatchCollections.members, upgradeMember);
const acknowledgements = collection<Acknowledgement>(dispatchCollections.acknowledgements);
const logRecords = collection<NotificationEntry>(dispatchCollections.log, upgradeEntry);

const PART = 'notifications';
/** Concurrent sends per receiver, so that a slow one does not exhaust connections. */
const AT_ONCE = 4;

export interface OutboxOptions {
  readonly records: RecordStore;
  readonly clock: Clock;
  /** The one in which the alerts are: a message is in it before it is sent. */
  readonly journal: Journal<Alert>;
  readonly issues: HealthIssues;
  readonly settings: AlertSettings;
  readonly hosts: Pick<KnownHosts, 'target'>;
  /** Entries of the notification log that are kept. @default 10_000 */
  readonly logLimit?: number | undefined;
  /** Delivers a message. @default over the network */
  readonly deliver?: ((notification: Notification) => Promise<SendOutcome>) | undefined;
}

export const outboxDefaults = { logLimit: 10_000 } as const;

interface Lane {
  running: number;
  readonly waiting: Notification[];
}

/**
 * A transactional outbox: notifications are stored in the transaction that stores their alerts and sent afterwards, and
 * the outcome of each send is stored in turn. Delivery is at least once.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #dispatcher: Dispatcher;
  /** Queues by receiver, so that an unreachable one blocks no other. Bound: one waiting message per group. */
  readonly #lanes = new Map<string, Lane>();
  readonly #log: LogKeys<NotificationEntry>;
  readonly #sending = new Set<Promise<void>>();
  #draining = false;
  #stopped = false;

  private constructor(
    options: OutboxOptions,
    dispatcher: Dispatcher,
    log: LogKeys<NotificationEntry>,
  ) {
    this.#options = options;
    this.#dispatcher = dispatcher;
    this.#log = log;
  }

  static async open(options: OutboxOptions): Promise<Outbox> {
    const { records } = options;
    const dispatcher = new Dispatcher(policyOf(options), {
      groups: (await groupRecords.entries(records)).map(([, group]) => group),
      members: (await memberRecords.entries(records)).map(([, member]) => member),
      acknowledgements: await acknowledgements.entries(records),
    });
    const limit = options.logLimit ?? outboxDefaults.logLimit;
    const { keys } = await LogKeys.open(records, logRecords, limit);
    return new Outbox(options, dispatcher, keys);
  }

  /** Compares the stored notifications with the alerts that still fire after a restart. */
  reconcile(current: readonly Alert[]): void {
    this.#options.journal.write(this.#dispatcher.reconcile(current, this.#now()));
  }

  /** The alert with the decision of who is told of it, as it is announced. */
  decided(alert: Alert): Alert {
    return this.#dispatcher.decided(alert);
  }

  /** Announces the alerts of which something else is decided by now. */
  #redecide(): void {
    const changed = this.#dispatcher.redecided(this.#now());
    if (changed.length > 0) this.#options.journal.write([], changed);
  }

  /** Answers the records to store in the same transaction as these alerts. */
  take(alerts: readonly Alert[]): readonly RecordChange[] {
    return this.#dispatcher.take(alerts, this.#now());
  }

  /** Rules, silences, the routing or labels of targets changed. */
  configure(): void {
    this.#options.journal.write(this.#dispatcher.configure(policyOf(this.#options), this.#now()));
    this.#redecide();
  }

  /** Other settings of a receiver may work: what waits for it is tried at once. */
  retry(receiverId: string): void {
    this.#dispatcher.retry(receiverId, this.#now());
    this.poll();
  }

  /** What became of messages since the start, by receiver. */
  counts(): ReadonlyMap<string, DispatchCounts> {
    return this.#dispatcher.counts;
  }

  /** The hub's time moved by this, ms. */
  clockMoved(stepMs: number): void {
    this.#dispatcher.clockMoved(stepMs);
  }

  /** Sends what is due, unless a write is in flight: nothing is sent that a crash would forget. */
  poll(): void {
    if (this.#draining) return;
    this.#redecide();
    if (!this.#options.journal.isSettled) return;
    const { notifications, changes } = this.#dispatcher.due(this.#now());
    if (changes.length > 0) this.#options.journal.write(changes);
    for (const notification of notifications) {
      const lane = this.#lane(notification.receiver);
      lane.waiting.push(notification);
      this.#next(lane);
    }
  }

  #lane(receiver: string): Lane {
    let lane = this.#lanes.get(receiver);
    if (!lane) this.#lanes.set(receiver, (lane = { running: 0, waiting: [] }));
    return lane;
  }

  #next(lane: Lane): void {
    while (lane.running < AT_ONCE && !this.#draining) {
      const notification = lane.waiting.shift();
      if (!notification) return;
      lane.running++;
      const sending = this.#send(notification)
        .then((outcome) => this.#settled(notification, outcome))
        .finally(() => {
          lane.running--;
          this.#sending.delete(sending);
          this.#next(lane);
        });
      this.#sending.add(sending);
    }
  }

  async #send(notification: Notification, receiver?: ReceiverSettings): Promise<SendOutcome> {
    try {
      if (this.#options.deliver) return await this.#options.deliver(notification);
      return await this.#overNetwork(notification, receiver);
    } catch (error) {
      return thrownOutcome(error);
    }
  }

  async #overNetwork(
    notification: Notification,
    draft: ReceiverSettings | undefined,
  ): Promise<SendOutcome> {
    const { settings } = this.#options;
    const receiver = draft ?? settings.receiverSettings(notification.receiver);
    if (!receiver)
      return {
        kind: 'failed',
        answer: `there is no receiver “${notification.receiver}”`,
        permanent: true,
      };
    if (receiver.kind === 'web-push' && receiver.subscriptions.length === 0)
      return { kind: 'delivered', answer: 'no browser has subscribed' };
    return deliver(notification, receiver, sendContext(this.#options));
  }

  #settled({ groupId, receiver }: Notification, outcome: SendOutcome): void {
    if (this.#stopped) return;
    for (const endpoint of outcome.gone ?? [])
      void this.#options.settings.unsubscribe(endpoint).catch(() => this.#storeTrouble());
    const changes = this.#dispatcher.settled(groupId, outcome, this.#now());
    const entry = changes.find((change) => change.collection === logRecords.name);
    if (entry) this.#log.add(entry.key);
    this.#options.journal.write([...changes, ...this.#log.trim()]);
    const failing = this.#dispatcher.failing();
    const [[name, answer] = []] = failing;
    if (name === undefined) this.#options.issues.clear(PART);
    else if (receiver !== BROWSERS)
      this.#options.issues.set(PART, `Receiver “${name}” cannot be reached: ${answer ?? ''}`);
  }

  #storeTrouble(): void {
    this.#options.issues.set(PART, 'A browser that is gone could not be removed.');
  }

  acknowledge(alertId: string, author: string, note: string): void {
    const atMs = this.#now();
    const changes = this.#dispatcher.acknowledge(alertId, { author, note, atMs });
    if (changes.length === 0) throw new ProtocolError('not-found');
    this.#options.journal.write(changes);
    this.#redecide();
  }

  unacknowledge(alertId: string): void {
    const changes = this.#dispatcher.unacknowledge(alertId);
    if (changes.length === 0) throw new ProtocolError('not-found');
    this.#options.journal.write(changes);
    this.#redecide();
  }

  facts(alert: Alert): AlertFacts {
    return this.#dispatcher.facts(alert, this.#now());
  }

  /** Newest first; `before` is an entry's id. */
  async log(limit: number, before?: string): Promise<readonly NotificationEntry[]> {
    const page = await logRecords.latest(this.#options.records, limit, before);
    return page.map(([, entry]) => entry);
  }

  /** Sends a test message, by the stored settings or these; answers the receiver's response. */
  test(receiverId: string, settings?: ReceiverSettings): Promise<SendOutcome> {
    return this.#send(testNotification(receiverId, this.#now()), settings);
  }

  /** No further sends; resolves when those in flight have settled, so that a restart does not repeat them. */
  async drain(): Promise<void> {
    this.#draining = true;
    await Promise.all(this.#sending);
  }

  /** Sends that are still in flight are repeated after the next start, under the same key. */
  stop(): void {
    this.#draining = true;
    this.#stopped = true;
  }

  nowMs(): number {
    return this.#now();
  }

  #now(): number {
    return this.#options.clock.now();
  }
}

function policyOf({ settings, hosts }: OutboxOptions): DispatchPolicy {
  return { ...settings.policy(), target: (id) => hosts.target(id) };
}

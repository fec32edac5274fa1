import {
  dispatchCollections,
  Dispatcher,
  type Acknowledgement,
  type AlertFacts,
  type GroupRecord,
  type MemberRecord,
  type Notification,
  type NotificationEntry,
} from '@openmanager/alerting';
import {
  deliver,
  outgoing,
  VaultError,
  type ReceiverSettings,
  type SendOutcome,
} from '@openmanager/alerting/notify';
import { ProtocolError, type Alert } from '@openmanager/protocol';
import type { RecordChange, RecordStore } from '@openmanager/store';
import type { Clock } from '../ports/index.ts';
import { BROWSERS, type AlertSettings } from './alert-settings.ts';
import type { Problems } from '../ports/health-issues.ts';

const PART = 'notifications';
/** Messages to one receiver at a time: a slow one takes no more connections than this. */
const AT_ONCE = 4;

export interface AlertDispatchOptions {
  readonly records: RecordStore;
  readonly clock: Clock;
  readonly problems: Problems;
  readonly settings: AlertSettings;
  /** Writes records in order with those of the alerts. */
  readonly write: (changes: readonly RecordChange[]) => void;
  /** Entries of the notification log that are kept. @default 10_000 */
  readonly logLimit?: number | undefined;
  /** Delivers a message. @default over the network */
  readonly deliver?: ((notification: Notification) => Promise<SendOutcome>) | undefined;
}

export const alertDispatchDefaults = { logLimit: 10_000 } as const;

interface Lane {
  running: number;
  readonly waiting: Notification[];
}

/** Runs the dispatcher: asks it what is due, sends, and tells it what became of each message. */
export class AlertDispatch {
  readonly #options: AlertDispatchOptions;
  readonly #dispatcher: Dispatcher;
  /** By receiver, so that a dead one holds up nobody else. At most one message per group waits. */
  readonly #lanes = new Map<string, Lane>();
  readonly #logKeys: string[];
  #stopped = false;

  private constructor(options: AlertDispatchOptions, dispatcher: Dispatcher, logKeys: string[]) {
    this.#options = options;
    this.#dispatcher = dispatcher;
    this.#logKeys = logKeys;
  }

  static async open(options: AlertDispatchOptions): Promise<AlertDispatch> {
    const { records, settings } = options;
    const values = async <T>(collection: string): Promise<T[]> =>
      (await records.entries<T>(collection)).map(([, value]) => value);
    const dispatcher = new Dispatcher(settings.policy(), {
      groups: await values<GroupRecord>(dispatchCollections.groups),
      members: await values<MemberRecord>(dispatchCollections.members),
      acknowledgements: await records.entries<Acknowledgement>(
        dispatchCollections.acknowledgements,
      ),
    });
    const limit = options.logLimit ?? alertDispatchDefaults.logLimit;
    const log = await records.latest<NotificationEntry>(dispatchCollections.log, limit);
    return new AlertDispatch(options, dispatcher, log.map(([key]) => key).toReversed());
  }

  /** What still fires, after a start. */
  reconcile(current: readonly Alert[]): void {
    this.#options.write(this.#dispatcher.reconcile(current, this.#now()));
  }

  /** Records that go to disk together with these alerts. */
  staged(alerts: readonly Alert[]): readonly RecordChange[] {
    return this.#dispatcher.take(alerts, this.#now());
  }

  configure(): void {
    this.#options.write(this.#dispatcher.configure(this.#options.settings.policy(), this.#now()));
  }

  /** Sends what is due. Once a second, and only while what was decided is on disk. */
  run(): void {
    if (this.#stopped) return;
    const { notifications, changes } = this.#dispatcher.due(this.#now());
    if (changes.length > 0) this.#options.write(changes);
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
    while (lane.running < AT_ONCE && !this.#stopped) {
      const notification = lane.waiting.shift();
      if (!notification) return;
      lane.running++;
      void this.#send(notification)
        .then((outcome) => this.#settled(notification, outcome))
        .finally(() => {
          lane.running--;
          this.#next(lane);
        });
    }
  }

  async #send(notification: Notification, receiver?: ReceiverSettings): Promise<SendOutcome> {
    try {
      if (this.#options.deliver) return await this.#options.deliver(notification);
      return await this.#overNetwork(notification, receiver);
    } catch (error) {
      // A defect of ours: it must not stop the others, and it is shown where somebody looks for it.
      const answer = error instanceof Error ? error.message : String(error);
      return {
        kind: 'failed',
        answer,
        ...(error instanceof VaultError ? { permanent: true } : {}),
      };
    }
  }

  async #overNetwork(
    notification: Notification,
    draft: ReceiverSettings | undefined,
  ): Promise<SendOutcome> {
    const { settings, clock } = this.#options;
    const receiver = draft ?? settings.receiverSettings(notification.receiver);
    if (!receiver)
      return {
        kind: 'failed',
        answer: `there is no receiver “${notification.receiver}”`,
        permanent: true,
      };
    if (receiver.kind === 'web-push' && receiver.subscriptions.length === 0)
      return { kind: 'delivered', answer: 'no browser has subscribed' };
    const { allowHosts, hubUrl } = settings.routing();
    return deliver(notification, receiver, {
      send: outgoing({ allowHosts: new Set(allowHosts) }),
      now: () => clock.now(),
      ...(hubUrl === undefined ? {} : { hubUrl }),
    });
  }

  #settled({ groupId, receiver }: Notification, outcome: SendOutcome): void {
    if (this.#stopped) return;
    for (const endpoint of outcome.gone ?? [])
      void this.#options.settings.unsubscribe(endpoint).catch(() => this.#storeTrouble());
    const changes: RecordChange[] = [...this.#dispatcher.settled(groupId, outcome, this.#now())];
    const entry = changes.find(({ collection }) => collection === dispatchCollections.log);
    if (entry) this.#logged(entry.key, changes);
    this.#options.write(changes);
    const failing = this.#dispatcher.failing();
    const [[name, answer] = []] = failing;
    if (name === undefined) this.#options.problems.clear(PART);
    else if (receiver !== BROWSERS)
      this.#options.problems.set(PART, `Receiver “${name}” cannot be reached: ${answer ?? ''}`);
  }

  #storeTrouble(): void {
    this.#options.problems.set(PART, 'A browser that is gone could not be removed.');
  }

  #logged(key: string, changes: RecordChange[]): void {
    if (!this.#logKeys.includes(key, -100)) this.#logKeys.push(key);
    const limit = this.#options.logLimit ?? alertDispatchDefaults.logLimit;
    while (this.#logKeys.length > limit) {
      const oldest = this.#logKeys.shift();
      if (oldest !== undefined)
        changes.push({ collection: dispatchCollections.log, key: oldest, remove: true });
    }
  }

  acknowledge(alertId: string, author: string, note: string): void {
    const atMs = this.#now();
    const changes = this.#dispatcher.acknowledge(alertId, { author, note, atMs });
    if (changes.length === 0) throw new ProtocolError('not-found');
    this.#options.write(changes);
  }

  unacknowledge(alertId: string): void {
    const changes = this.#dispatcher.unacknowledge(alertId);
    if (changes.length === 0) throw new ProtocolError('not-found');
    this.#options.write(changes);
  }

  facts(alert: Alert): AlertFacts {
    return this.#dispatcher.facts(alert, this.#now());
  }

  /** Newest first; `before` is an entry's id. */
  async log(limit: number, before?: string): Promise<readonly NotificationEntry[]> {
    const page = await this.#options.records.latest<NotificationEntry>(
      dispatchCollections.log,
      limit,
      before,
    );
    return page.map(([, entry]) => entry);
  }

  /** Sends a message that says it is a test, by the stored settings or these, and answers with what the far side said. */
  test(receiverId: string, settings?: ReceiverSettings): Promise<SendOutcome> {
    const nowMs = this.#now();
    const alert: Alert = {
      id: 'test',
      ruleId: 'test',
      hostId: 'test',
      hostname: 'openmanager',
      severity: 'info',
      state: 'firing',
      metric: 'test',
      attributes: {},
      value: 0,
      threshold: 0,
      activeAtMs: nowMs,
      firedAtMs: nowMs,
      sampleTimeMs: nowMs,
      summary: 'This is a test of OpenManager; nothing is wrong',
    };
    const notification: Notification = {
      key: `test-${nowMs.toString(36)}`,
      receiver: receiverId,
      groupId: 'test',
      groupLabels: {},
      reason: 'new',
      rings: true,
      status: 'firing',
      severity: 'info',
      alerts: [{ alert, labels: { rule: 'test', host: 'openmanager', severity: 'info' } }],
      dropped: 0,
      createdAtMs: nowMs,
    };
    return this.#send(notification, settings);
  }

  /** Nothing is sent from here on; what was under way comes again after the next start. */
  stop(): void {
    this.#stopped = true;
  }

  nowMs(): number {
    return this.#now();
  }

  #now(): number {
    return this.#options.clock.now();
  }
}

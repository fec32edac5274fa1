import type {
  AlertFactsEntry,
  BacktestAnswer,
  BacktestInput,
  DispatchCounts,
  NotificationEntry,
  Outcome,
  Routing,
  Rule,
  RuleEntry,
  Silence,
  SilenceInput,
  SilencePreview,
} from '@openmanager/alerting';
import type { PushSubscription, ReceiverInfo, ReceiverInput } from '@openmanager/alerting';
import type { HostTags } from '@openmanager/protocol';
import type { Subject } from './subject.ts';

/** Rules, silences, receivers and notifications, as the API asks for them. Throws `invalid-input` and `not-found`. */
export interface AlertDesk {
  /** What became of messages since the start, by receiver. */
  counts(): ReadonlyMap<string, DispatchCounts>;
  rules(): readonly RuleEntry[];
  /** Throws `invalid-input` for a rule of another id, and for one about what was only imported. */
  putRule(ruleId: string, rule: Rule): Promise<RuleEntry>;
  /** The changed defaults and own rules, all at once. */
  replaceRules(rules: readonly Rule[]): Promise<readonly RuleEntry[]>;
  removeRule(ruleId: string): Promise<void>;
  /** Throws `too-many-requests` while another one runs. */
  backtest(input: BacktestInput): Promise<BacktestAnswer>;
  hostTags(): readonly HostTags[];
  setHostTags(hostId: string, tags: readonly string[]): Promise<HostTags>;
  /** Of each pending or firing alert. */
  facts(): readonly AlertFactsEntry[];
  acknowledge(alertId: string, subject: Subject, note: string): Promise<void>;
  unacknowledge(alertId: string): Promise<void>;
  silences(): readonly Silence[];
  /** Makes one, or changes the one of this id. */
  putSilence(
    silenceId: string | undefined,
    silence: SilenceInput,
    subject: Subject,
  ): Promise<Silence>;
  removeSilence(silenceId: string): Promise<void>;
  /** Ids of the current alerts that these matchers would mute. */
  previewSilence(silence: SilencePreview): Promise<readonly string[]>;
  receivers(): readonly ReceiverInfo[];
  putReceiver(receiverId: string, input: ReceiverInput): Promise<ReceiverInfo>;
  removeReceiver(receiverId: string): Promise<void>;
  /** By the stored settings, or by these where there are any; secrets left out are the stored ones. */
  testReceiver(receiverId: string, input: ReceiverInput | undefined): Promise<Outcome>;
  routing(): Routing;
  /** Throws `invalid-input` for a receiver that does not exist. */
  setRouting(routing: Routing): Promise<Routing>;
  /** Newest first. */
  notifications(limit: number, before: string | undefined): Promise<readonly NotificationEntry[]>;
  pushKey(): string;
  subscribe(subscription: PushSubscription): Promise<void>;
  unsubscribe(endpoint: string): Promise<void>;
}

import type { Subject } from './subject.ts';

/** JSON whose form the alerting part knows: it parses what comes in, and names the field that is wrong. */
export type Document = Readonly<Record<string, unknown>>;

/** Rules, silences, receivers and notifications, as the API asks for them. Throws `invalid-input` and `not-found`. */
export interface AlertDesk {
  /** Each rule with its origin: default, changed or own. */
  rules(): readonly Document[];
  putRule(ruleId: string, rule: Document): Promise<Document>;
  /** The changed defaults and own rules, all at once. */
  replaceRules(rules: readonly Document[]): Promise<readonly Document[]>;
  removeRule(ruleId: string): Promise<void>;
  backtest(request: Document): Promise<Document>;
  hostTags(): readonly Document[];
  setHostTags(hostId: string, tags: readonly string[]): Promise<Document>;
  /** What is true of each pending or firing alert beside its state. */
  facts(): readonly Document[];
  acknowledge(alertId: string, subject: Subject, note: string): Promise<void>;
  unacknowledge(alertId: string): Promise<void>;
  silences(): readonly Document[];
  /** Makes one, or changes the one of this id. */
  putSilence(silenceId: string | undefined, silence: Document, subject: Subject): Promise<Document>;
  removeSilence(silenceId: string): Promise<void>;
  /** Ids of the current alerts that these matchers would mute. */
  previewSilence(silence: Document): readonly string[];
  receivers(): readonly Document[];
  putReceiver(receiverId: string, settings: Document): Promise<Document>;
  removeReceiver(receiverId: string): Promise<void>;
  /** By the stored settings, or by these where there are any; secrets left out are the stored ones. */
  testReceiver(receiverId: string, settings: Document): Promise<Document>;
  routing(): Document;
  setRouting(routing: Document): Promise<Document>;
  /** Newest first. */
  notifications(limit: number, before: string | undefined): Promise<readonly Document[]>;
  pushKey(): string;
  subscribe(subscription: Document): Promise<void>;
  unsubscribe(endpoint: string): Promise<void>;
}

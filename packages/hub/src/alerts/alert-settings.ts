import {
  BROWSERS,
  type DispatchPolicy,
  type PushSubscription,
  type ReceiverInfo,
  type ReceiverInput,
  type ReceiverSettings,
  type Routing,
  type Rule,
  type RuleEntry,
  type Silence,
} from '@openmanager/alerting';
import type { Vault } from '@openmanager/alerting/notify';
import { invalidField } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import type { Unsubscribe } from '../ports/index.ts';
import { BrowserSubscriptions } from './browser-subscriptions.ts';
import { Receivers } from './receiver-settings.ts';
import { RoutingSettings } from './routing-settings.ts';
import type { HealthIssues } from '../ports/index.ts';
import { RuleSettings } from './rule-settings.ts';
import { SilenceSettings } from './silence-settings.ts';

export interface AlertSettingsOptions {
  readonly records: RecordStore;
  readonly vault: Vault;
  readonly issues: HealthIssues;
  /** Where links in messages lead unless the routing says otherwise. @default nowhere */
  readonly publicUrl?: string | undefined;
}

/** What changed: rules, who is told what, or how one receiver is reached. */
export type SettingsChange = 'rules' | 'policy' | { readonly receiverId: string };

interface SettingsParts {
  readonly rules: RuleSettings;
  readonly silences: SilenceSettings;
  readonly receivers: Receivers;
  readonly routing: RoutingSettings;
  readonly browsers: BrowserSubscriptions;
}

/** Rules, silences, receivers and routing: cached in memory, durable before a change is applied. */
export class AlertSettings {
  readonly #parts: SettingsParts;
  readonly #publicUrl: string | undefined;
  readonly #listeners = new Set<(what: SettingsChange) => void>();

  private constructor(parts: SettingsParts, publicUrl: string | undefined) {
    this.#parts = parts;
    this.#publicUrl = publicUrl;
  }

  static async open(options: AlertSettingsOptions): Promise<AlertSettings> {
    const { records, vault, issues, publicUrl } = options;
    const parts = {
      rules: await RuleSettings.open(records, issues),
      silences: await SilenceSettings.open(records),
      receivers: await Receivers.open(records, vault),
      routing: await RoutingSettings.open(records),
      browsers: await BrowserSubscriptions.open(records, vault),
    };
    return new AlertSettings(parts, publicUrl);
  }

  /** Called after each change that rules or the dispatcher must follow. */
  onChange(listener: (what: SettingsChange) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  ruleEntries(): readonly Omit<RuleEntry, 'warnings'>[] {
    return this.#parts.rules.entries();
  }

  rules(): readonly Rule[] {
    return this.#parts.rules.rules();
  }

  async putRule(ruleId: string, rule: Rule): Promise<Rule> {
    await this.#parts.rules.put(ruleId, rule);
    this.#changed('rules');
    return rule;
  }

  async replaceRules(rules: readonly Rule[]): Promise<readonly Rule[]> {
    await this.#parts.rules.replaceAll(rules);
    this.#changed('rules');
    return rules;
  }

  async removeRule(ruleId: string): Promise<void> {
    await this.#parts.rules.remove(ruleId);
    this.#changed('rules');
  }

  silences(): readonly Silence[] {
    return this.#parts.silences.all();
  }

  async putSilence(silence: Silence): Promise<void> {
    await this.#parts.silences.put(silence);
    this.#changed('policy');
  }

  async removeSilence(silenceId: string): Promise<void> {
    await this.#parts.silences.remove(silenceId);
    this.#changed('policy');
  }

  hasReceiver(receiverId: string): boolean {
    return this.#parts.receivers.has(receiverId);
  }

  receivers(): readonly ReceiverInfo[] {
    return this.#parts.receivers.all();
  }

  /** A secret that is left out stays as it is. */
  async putReceiver(receiverId: string, input: ReceiverInput): Promise<ReceiverInfo> {
    if (input.kind === 'heartbeat' && this.#parts.routing.uses(receiverId))
      throw invalidField('kind', 'is told of no alerts, but the routing uses this receiver');
    const info = await this.#parts.receivers.put(receiverId, input);
    this.#changed({ receiverId });
    return info;
  }

  draft(receiverId: string, input: ReceiverInput): ReceiverSettings {
    return this.#parts.receivers.draft(receiverId, input);
  }

  removeReceiver(receiverId: string): Promise<void> {
    return this.#parts.receivers.remove(receiverId, this.#parts.routing);
  }

  /** With secrets, for sending; undefined when there is no such receiver. Throws VaultError for a lost key. */
  receiverSettings(receiverId: string): ReceiverSettings | undefined {
    const { browsers, receivers } = this.#parts;
    return receiverId === BROWSERS
      ? browsers.receiver(this.hubUrl())
      : receivers.settings(receiverId);
  }

  /** Where links in messages lead. */
  hubUrl(): string | undefined {
    return this.#parts.routing.current.hubUrl ?? this.#publicUrl;
  }

  routing(): Routing {
    return this.#parts.routing.current;
  }

  async setRouting(routing: Routing): Promise<Routing> {
    const before = new Set(this.routing().allowHosts);
    await this.#parts.routing.set(routing, this.#parts.receivers);
    this.#changed('policy');
    // What was refused for its private address may go there now.
    if (routing.allowHosts.some((host) => !before.has(host)))
      for (const { receiverId } of this.receivers()) this.#changed({ receiverId });
    return routing;
  }

  policy(): Omit<DispatchPolicy, 'target'> {
    const rules = new Map(this.rules().map((rule) => [rule.ruleId, rule]));
    const { route, inhibitions } = this.routing();
    return {
      route,
      inhibitions,
      silences: this.silences(),
      rule: (ruleId) => rules.get(ruleId),
      opensIncidents: (receiverId) => this.#parts.receivers.opensIncidents(receiverId),
    };
  }

  pushKey(): string {
    return this.#parts.browsers.publicKey;
  }

  subscribe(subscription: PushSubscription): Promise<void> {
    return this.#parts.browsers.add(subscription);
  }

  unsubscribe(endpoint: string): Promise<void> {
    return this.#parts.browsers.remove(endpoint);
  }

  #changed(what: SettingsChange): void {
    for (const listener of this.#listeners) listener(what);
  }
}

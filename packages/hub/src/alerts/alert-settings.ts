import {
  defaultInhibitions,
  defaultRules,
  inhibitionSchema,
  issuesOf,
  receiversOf,
  routeSchema,
  ruleSchema,
  rulesSchema,
  silenceLimits,
  silenceSchema,
  type DispatchPolicy,
  type Inhibition,
  type Route,
  type Rule,
  type Silence,
} from '@openmanager/alerting';
import {
  generateVapidKeys,
  pushSubscriptionSchema,
  receiverSettingsSchema,
  secretFields,
  type PushSubscription,
  type ReceiverSettings,
  type Vault,
} from '@openmanager/alerting/notify';
import { ProtocolError } from '@openmanager/protocol';
import type { RecordChange, RecordStore } from '@openmanager/store';
import * as v from 'valibot';

const RULES = 'alert-rules';
const SILENCES = 'alert-silences';
const RECEIVERS = 'alert-receivers';
const SUBSCRIPTIONS = 'alert-push-subscriptions';
const POLICY = 'alert-policy';
const ROUTING = 'routing';
const VAPID = 'vapid';

/** The receiver that is always there: every browser that subscribed. */
export const BROWSERS = 'browsers';
export const alertSettingLimits = { receivers: 200, subscriptions: 100, rules: 10_000 } as const;

export interface Routing {
  readonly route: Route;
  readonly inhibitions: readonly Inhibition[];
  /** Hosts that messages may go to although their addresses are private. */
  readonly allowHosts: readonly string[];
  /** Address of this hub for links in messages. */
  readonly hubUrl?: string | undefined;
}

const routingSchema: v.GenericSchema<unknown, Routing> = v.strictObject({
  route: routeSchema,
  inhibitions: v.optional(v.pipe(v.array(inhibitionSchema), v.maxLength(100)), [
    ...defaultInhibitions,
  ]),
  allowHosts: v.optional(
    v.pipe(v.array(v.pipe(v.string(), v.maxLength(253), v.toLowerCase())), v.maxLength(100)),
    [],
  ),
  hubUrl: v.optional(v.pipe(v.string(), v.maxLength(500), v.regex(/^https?:\/\/\S+$/))),
});

const defaultRouting: Routing = {
  route: { receivers: [BROWSERS] },
  inhibitions: defaultInhibitions,
  allowHosts: [],
};

/** Settings without secrets, those sealed by field. */
interface StoredReceiver {
  readonly receiverId: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly sealed: Readonly<Record<string, string>>;
}

/** A receiver as it is shown: which secrets are set, not what they are. */
export interface ReceiverInfo {
  readonly receiverId: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly secretsSet: readonly string[];
}

export interface RuleEntry {
  readonly rule: Rule;
  /** `default`: as it comes. `changed`: a default somebody changed. `own`: made here. */
  readonly origin: 'default' | 'changed' | 'own';
}

interface Vapid {
  readonly publicKey: string;
  readonly sealed: string;
}

export interface AlertSettingsOptions {
  readonly records: RecordStore;
  readonly vault: Vault;
  /** Told after each change that concerns rules, or who is told what. */
  readonly changed?: ((what: 'rules' | 'policy') => void) | undefined;
}

/** Parses input from outside; the first thing wrong is named. */
function parse<T>(schema: v.GenericSchema<unknown, T>, input: unknown): T {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const field = v.getDotPath(result.issues[0]) ?? undefined;
  throw new ProtocolError('invalid-input', issuesOf(result.issues)[0], field);
}

function invalid(field: string, message: string): ProtocolError {
  return new ProtocolError('invalid-input', `${field}: ${message}`, field);
}

/** Rules, silences, receivers and routing, in memory and on disk. Memory changes when the disk has. */
export class AlertSettings {
  readonly #options: AlertSettingsOptions;
  readonly #storedRules: Map<string, Rule>;
  readonly #silenceMap: Map<string, Silence>;
  readonly #receiverMap: Map<string, StoredReceiver>;
  readonly #subscriptions: Map<string, PushSubscription>;
  #current: Routing;
  #vapid: Vapid;

  private constructor(
    options: AlertSettingsOptions,
    rules: Map<string, Rule>,
    silences: Map<string, Silence>,
    receivers: Map<string, StoredReceiver>,
    subscriptions: Map<string, PushSubscription>,
    routing: Routing,
    vapid: Vapid,
  ) {
    this.#options = options;
    this.#storedRules = rules;
    this.#silenceMap = silences;
    this.#receiverMap = receivers;
    this.#subscriptions = subscriptions;
    this.#current = routing;
    this.#vapid = vapid;
  }

  static async open(options: AlertSettingsOptions): Promise<AlertSettings> {
    const { records, vault } = options;
    const policy = new Map(await records.entries<unknown>(POLICY));
    let vapid = policy.get(VAPID) as Vapid | undefined;
    if (!vapid) {
      const { publicKey, privateKey } = generateVapidKeys();
      vapid = { publicKey, sealed: vault.seal(privateKey, VAPID) };
      await records.write([{ collection: POLICY, key: VAPID, value: vapid }]);
    }
    return new AlertSettings(
      options,
      new Map(await records.entries<Rule>(RULES)),
      new Map(await records.entries<Silence>(SILENCES)),
      new Map(await records.entries<StoredReceiver>(RECEIVERS)),
      new Map(await records.entries<PushSubscription>(SUBSCRIPTIONS)),
      (policy.get(ROUTING) as Routing | undefined) ?? defaultRouting,
      vapid,
    );
  }

  async #write(change: RecordChange, apply: () => void): Promise<void> {
    await this.#options.records.write([change]);
    apply();
  }

  ruleEntries(): readonly RuleEntry[] {
    const defaults = new Set(defaultRules.map(({ ruleId }) => ruleId));
    const own = [...this.#storedRules.values()].filter(({ ruleId }) => !defaults.has(ruleId));
    return [
      ...defaultRules.map((rule): RuleEntry => {
        const stored = this.#storedRules.get(rule.ruleId);
        return stored ? { rule: stored, origin: 'changed' } : { rule, origin: 'default' };
      }),
      ...own.map((rule): RuleEntry => ({ rule, origin: 'own' })),
    ];
  }

  rules(): readonly Rule[] {
    return this.ruleEntries().map(({ rule }) => rule);
  }

  async putRule(ruleId: string, input: unknown): Promise<Rule> {
    const rule = parse(ruleSchema, input);
    if (rule.ruleId !== ruleId) throw invalid('ruleId', 'must be the one in the address');
    if (!this.#storedRules.has(ruleId) && this.#storedRules.size >= alertSettingLimits.rules)
      throw invalid('ruleId', 'there are too many rules');
    await this.#write({ collection: RULES, key: ruleId, value: rule }, () => {
      this.#storedRules.set(ruleId, rule);
    });
    this.#options.changed?.('rules');
    return rule;
  }

  /** All rules that are not defaults as they come, in one step: what is not in the list goes. */
  async replaceRules(input: unknown): Promise<readonly Rule[]> {
    const rules = parse(rulesSchema, input);
    const kept = new Set(rules.map(({ ruleId }) => ruleId));
    const gone = [...this.#storedRules.keys()].filter((ruleId) => !kept.has(ruleId));
    await this.#options.records.write([
      ...rules.map((rule) => ({ collection: RULES, key: rule.ruleId, value: rule })),
      ...gone.map((key) => ({ collection: RULES, key, remove: true }) as const),
    ]);
    for (const ruleId of gone) this.#storedRules.delete(ruleId);
    for (const rule of rules) this.#storedRules.set(rule.ruleId, rule);
    this.#options.changed?.('rules');
    return rules;
  }

  /** Removes an own rule; a changed default is again as it comes. */
  async removeRule(ruleId: string): Promise<void> {
    if (!this.#storedRules.has(ruleId)) throw new ProtocolError('not-found');
    await this.#write({ collection: RULES, key: ruleId, remove: true }, () => {
      this.#storedRules.delete(ruleId);
    });
    this.#options.changed?.('rules');
  }

  silences(): readonly Silence[] {
    return [...this.#silenceMap.values()];
  }

  parseSilence(input: unknown): Silence {
    return parse(silenceSchema, input);
  }

  async putSilence(silence: Silence): Promise<void> {
    if (!this.#silenceMap.has(silence.silenceId) && this.#silenceMap.size >= silenceLimits.silences)
      throw invalid('silenceId', 'there are too many silences');
    const { silenceId } = silence;
    await this.#write({ collection: SILENCES, key: silenceId, value: silence }, () => {
      this.#silenceMap.set(silenceId, silence);
    });
    this.#options.changed?.('policy');
  }

  async removeSilence(silenceId: string): Promise<void> {
    if (!this.#silenceMap.has(silenceId)) throw new ProtocolError('not-found');
    await this.#write({ collection: SILENCES, key: silenceId, remove: true }, () => {
      this.#silenceMap.delete(silenceId);
    });
    this.#options.changed?.('policy');
  }

  receivers(): readonly ReceiverInfo[] {
    return [...this.#receiverMap.values()].map(({ receiverId, settings, sealed }) => ({
      receiverId,
      settings,
      secretsSet: Object.keys(sealed),
    }));
  }

  /** A secret that is left out stays as it is. */
  async putReceiver(receiverId: string, input: unknown): Promise<ReceiverInfo> {
    const settings = this.draft(receiverId, input);
    if (
      !this.#receiverMap.has(receiverId) &&
      this.#receiverMap.size >= alertSettingLimits.receivers
    )
      throw invalid('receiverId', 'there are too many receivers');
    const secret = new Set(secretFields[settings.kind]);
    const entries = Object.entries(settings);
    const stored: StoredReceiver = {
      receiverId,
      settings: Object.fromEntries(entries.filter(([name]) => !secret.has(name))),
      sealed: Object.fromEntries(
        entries.flatMap(([name, value]) =>
          secret.has(name) && typeof value === 'string'
            ? [[name, this.#options.vault.seal(value, `${receiverId}/${name}`)]]
            : [],
        ),
      ),
    };
    await this.#write({ collection: RECEIVERS, key: receiverId, value: stored }, () => {
      this.#receiverMap.set(receiverId, stored);
    });
    return { receiverId, settings: stored.settings, secretsSet: Object.keys(stored.sealed) };
  }

  /** Settings as they would be stored, with the secrets that are left out. */
  draft(receiverId: string, input: unknown): ReceiverSettings {
    if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(receiverId) || receiverId === BROWSERS)
      throw invalid('receiverId', 'must be lower-case words joined by hyphens');
    const given = parse(v.record(v.string(), v.unknown()), input);
    const before = this.#receiverMap.get(receiverId);
    const same = before?.settings['kind'] === given['kind'];
    const known = same && before ? this.#opened(before) : {};
    const settings = parse(receiverSettingsSchema, { ...known, ...given });
    if (settings.kind === 'web-push') throw invalid('kind', 'browsers subscribe by themselves');
    return settings;
  }

  async removeReceiver(receiverId: string): Promise<void> {
    if (!this.#receiverMap.has(receiverId)) throw new ProtocolError('not-found');
    if (receiversOf(this.#current.route).includes(receiverId))
      throw invalid('receiverId', 'is used by the routing');
    await this.#write({ collection: RECEIVERS, key: receiverId, remove: true }, () => {
      this.#receiverMap.delete(receiverId);
    });
  }

  #opened({ receiverId, sealed }: StoredReceiver): Record<string, string> {
    return Object.fromEntries(
      Object.entries(sealed).map(([name, text]) => [
        name,
        this.#options.vault.open(text, `${receiverId}/${name}`),
      ]),
    );
  }

  /** With secrets, for sending; undefined when there is no such receiver. Throws VaultError for a lost key. */
  receiverSettings(receiverId: string): ReceiverSettings | undefined {
    if (receiverId === BROWSERS)
      return {
        kind: 'web-push',
        subscriptions: [...this.#subscriptions.values()],
        subject: this.#current.hubUrl?.startsWith('https:')
          ? this.#current.hubUrl
          : 'mailto:openmanager@localhost.localdomain',
        publicKey: this.#vapid.publicKey,
        privateKey: this.#options.vault.open(this.#vapid.sealed, VAPID),
      };
    const stored = this.#receiverMap.get(receiverId);
    return (
      stored && v.parse(receiverSettingsSchema, { ...stored.settings, ...this.#opened(stored) })
    );
  }

  routing(): Routing {
    return this.#current;
  }

  async setRouting(input: unknown): Promise<Routing> {
    const routing = parse(routingSchema, input);
    const unknown = receiversOf(routing.route).find(
      (name) => name !== BROWSERS && !this.#receiverMap.has(name),
    );
    if (unknown !== undefined) throw invalid('route', `there is no receiver “${unknown}”`);
    await this.#write({ collection: POLICY, key: ROUTING, value: routing }, () => {
      this.#current = routing;
    });
    this.#options.changed?.('policy');
    return routing;
  }

  policy(): DispatchPolicy {
    const rules = new Map(this.rules().map((rule) => [rule.ruleId, rule]));
    const { route, inhibitions } = this.#current;
    return {
      route,
      inhibitions,
      silences: this.silences(),
      rule: (ruleId) => rules.get(ruleId),
    };
  }

  pushKey(): string {
    return this.#vapid.publicKey;
  }

  async subscribe(input: unknown): Promise<void> {
    const subscription = parse(pushSubscriptionSchema, input);
    const key = subscription.endpoint;
    if (
      !this.#subscriptions.has(key) &&
      this.#subscriptions.size >= alertSettingLimits.subscriptions
    )
      throw invalid('endpoint', 'there are too many subscriptions');
    await this.#write({ collection: SUBSCRIPTIONS, key, value: subscription }, () => {
      this.#subscriptions.set(key, subscription);
    });
  }

  async unsubscribe(endpoint: string): Promise<void> {
    if (!this.#subscriptions.has(endpoint)) return;
    await this.#write({ collection: SUBSCRIPTIONS, key: endpoint, remove: true }, () => {
      this.#subscriptions.delete(endpoint);
    });
  }
}

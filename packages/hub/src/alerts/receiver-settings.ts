import {
  BROWSERS,
  goesElsewhere,
  receiverSettingsSchema,
  secretsOf,
  splitSecrets,
  type ReceiverInfo,
  type ReceiverInput,
  type ReceiverSettings,
  type ShownSettings,
} from '@openmanager/alerting';
import type { Vault } from '@openmanager/alerting/notify';
import { invalidField, parseInput, ProtocolError } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import { collection, RecordMap } from '../records/index.ts';

const MAX_RECEIVERS = 200;

/** Of which each keeps an incident or an alert that it closes when it is told to. */
const incidentKinds: ReadonlySet<string> = new Set([
  'pagerduty',
  'opsgenie',
  'jira-service-management',
  'alertmanager',
]);

/** Settings without secrets, those sealed by field. */
interface StoredReceiver {
  readonly receiverId: string;
  readonly settings: ShownSettings;
  readonly sealed: Readonly<Record<string, string>>;
  readonly origin?: string | undefined;
}

const receiverRecords = collection<StoredReceiver>('alert-receivers');

/** Receivers of notifications; their secrets are encrypted at rest. */
export class Receivers {
  readonly #stored: RecordMap<StoredReceiver>;
  readonly #vault: Vault;

  private constructor(stored: RecordMap<StoredReceiver>, vault: Vault) {
    this.#stored = stored;
    this.#vault = vault;
  }

  static async open(records: RecordStore, vault: Vault): Promise<Receivers> {
    const receivers = new Receivers(await RecordMap.open(records, receiverRecords), vault);
    await receivers.#sealOld();
    return receivers;
  }

  has(receiverId: string): boolean {
    return receiverId === BROWSERS || this.#stored.get(receiverId) !== undefined;
  }

  takesAlerts(receiverId: string): boolean {
    return this.#stored.get(receiverId)?.settings.kind !== 'heartbeat';
  }

  opensIncidents(receiverId: string): boolean {
    const kind = this.#stored.get(receiverId)?.settings.kind;
    return kind !== undefined && incidentKinds.has(kind);
  }

  all(): readonly ReceiverInfo[] {
    return [...this.#stored.values()].map(infoOf);
  }

  /** A secret that is left out stays as it is. */
  async put(receiverId: string, input: ReceiverInput): Promise<ReceiverInfo> {
    const settings = this.draft(receiverId, input);
    if (!this.#stored.get(receiverId) && this.#stored.size >= MAX_RECEIVERS)
      throw invalidField('receiverId', 'there are too many receivers');
    const stored = this.#sealedOf(receiverId, settings);
    await this.#stored.commit([[receiverId, stored]]);
    return infoOf(stored);
  }

  #sealedOf(receiverId: string, settings: ReceiverSettings): StoredReceiver {
    const { shown, secret } = splitSecrets(settings);
    const sealed = Object.entries(secret).map(([name, value]) => [
      name,
      this.#vault.seal(value, `${receiverId}/${name}`),
    ]);
    const { url } = secret;
    return {
      receiverId,
      settings: shown,
      sealed: Object.fromEntries(sealed) as Record<string, string>,
      ...(url !== undefined && URL.canParse(url) ? { origin: new URL(url).origin } : {}),
    };
  }

  /** Addresses of webhooks were stored in the clear before. */
  async #sealOld(): Promise<void> {
    const old = [...this.#stored.values()].filter(({ settings }) =>
      secretsOf(settings.kind).some((name) => Object.hasOwn(settings, name)),
    );
    if (old.length === 0) return;
    await this.#stored.commit(
      old.map(({ receiverId, settings, sealed }) => {
        const renewed = this.#sealedOf(receiverId, settings as ReceiverSettings);
        return [receiverId, { ...renewed, sealed: { ...sealed, ...renewed.sealed } }];
      }),
    );
  }

  /** Settings as they would be stored, with the secrets that are left out. */
  draft(receiverId: string, input: ReceiverInput): ReceiverSettings {
    if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(receiverId) || receiverId === BROWSERS)
      throw invalidField('receiverId', 'must be lower-case words joined by hyphens');
    const before = this.#stored.get(receiverId);
    if (before?.settings.kind !== input.kind) return parseInput(receiverSettingsSchema, input);
    const secrets = this.#opened(before);
    const settings = parseInput(receiverSettingsSchema, { ...secrets, ...input });
    const known = parseInput(receiverSettingsSchema, { ...before.settings, ...secrets });
    const kept = Object.keys(secrets).find((name) => !Object.hasOwn(input, name) && name !== 'url');
    // Else whoever may change the address could have the secret sent to one of his own.
    if (kept !== undefined && goesElsewhere(known, settings))
      throw invalidField(kept, 'must be given again, because the address was changed');
    return settings;
  }

  /** With secrets, for sending; undefined when there is no such receiver. Throws VaultError for a lost key. */
  settings(receiverId: string): ReceiverSettings | undefined {
    const stored = this.#stored.get(receiverId);
    return (
      stored && parseInput(receiverSettingsSchema, { ...stored.settings, ...this.#opened(stored) })
    );
  }

  /** Throws `not-found`, and `invalid-input` for one that the routing uses. */
  async remove(receiverId: string, routing: { uses(receiverId: string): boolean }): Promise<void> {
    if (!this.#stored.get(receiverId)) throw new ProtocolError('not-found');
    if (routing.uses(receiverId)) throw invalidField('receiverId', 'is used by the routing');
    await this.#stored.commit([[receiverId, undefined]]);
  }

  #opened({ receiverId, sealed }: StoredReceiver): Record<string, string> {
    return Object.fromEntries(
      Object.entries(sealed).map(([name, text]) => [
        name,
        this.#vault.open(text, `${receiverId}/${name}`),
      ]),
    );
  }
}

function infoOf({ receiverId, settings, sealed, origin }: StoredReceiver): ReceiverInfo {
  const secretsSet = Object.keys(sealed);
  return { receiverId, settings, secretsSet, ...(origin === undefined ? {} : { origin }) };
}

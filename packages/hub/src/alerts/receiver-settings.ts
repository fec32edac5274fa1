import {
  BROWSERS,
  receiverSettingsSchema,
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

/** Settings without secrets, those sealed by field. */
interface StoredReceiver {
  readonly receiverId: string;
  readonly settings: ShownSettings;
  readonly sealed: Readonly<Record<string, string>>;
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
    return new Receivers(await RecordMap.open(records, receiverRecords), vault);
  }

  has(receiverId: string): boolean {
    return receiverId === BROWSERS || this.#stored.get(receiverId) !== undefined;
  }

  all(): readonly ReceiverInfo[] {
    return [...this.#stored.values()].map(infoOf);
  }

  /** A secret that is left out stays as it is. */
  async put(receiverId: string, input: ReceiverInput): Promise<ReceiverInfo> {
    const settings = this.draft(receiverId, input);
    if (!this.#stored.get(receiverId) && this.#stored.size >= MAX_RECEIVERS)
      throw invalidField('receiverId', 'there are too many receivers');
    const { shown, secret } = splitSecrets(settings);
    const sealed = Object.entries(secret).map(([name, value]) => [
      name,
      this.#vault.seal(value, `${receiverId}/${name}`),
    ]);
    const stored: StoredReceiver = {
      receiverId,
      settings: shown,
      sealed: Object.fromEntries(sealed) as Record<string, string>,
    };
    await this.#stored.commit([[receiverId, stored]]);
    return infoOf(stored);
  }

  /** Settings as they would be stored, with the secrets that are left out. */
  draft(receiverId: string, input: ReceiverInput): ReceiverSettings {
    if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(receiverId) || receiverId === BROWSERS)
      throw invalidField('receiverId', 'must be lower-case words joined by hyphens');
    const before = this.#stored.get(receiverId);
    const known = before?.settings.kind === input.kind ? this.#opened(before) : {};
    return parseInput(receiverSettingsSchema, { ...known, ...input });
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

function infoOf({ receiverId, settings, sealed }: StoredReceiver): ReceiverInfo {
  return { receiverId, settings, secretsSet: Object.keys(sealed) };
}

import {
  BROWSERS,
  receiverSettingsSchema,
  secretFields,
  type ReceiverSettings,
} from '@openmanager/alerting';
import type { Vault } from '@openmanager/alerting/notify';
import { ProtocolError } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import * as v from 'valibot';
import { collection, RecordMap } from '../records/index.ts';
import { invalidInput, parseInput } from './parse-input.ts';

const MAX_RECEIVERS = 200;

/** Settings without secrets, those sealed by field. */
interface StoredReceiver {
  readonly receiverId: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly sealed: Readonly<Record<string, string>>;
}

const receiverRecords = collection<StoredReceiver>('alert-receivers');

/** A receiver as it is shown: which secrets are set, not what they are. */
export interface ReceiverInfo {
  readonly receiverId: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly secretsSet: readonly string[];
}

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
  async put(receiverId: string, input: unknown): Promise<ReceiverInfo> {
    const settings = this.draft(receiverId, input);
    if (!this.#stored.get(receiverId) && this.#stored.size >= MAX_RECEIVERS)
      throw invalidInput('receiverId', 'there are too many receivers');
    const secret = new Set(secretFields[settings.kind]);
    const entries = Object.entries(settings);
    const stored: StoredReceiver = {
      receiverId,
      settings: Object.fromEntries(entries.filter(([name]) => !secret.has(name))),
      sealed: Object.fromEntries(
        entries.flatMap(([name, value]) =>
          secret.has(name) && typeof value === 'string'
            ? [[name, this.#vault.seal(value, `${receiverId}/${name}`)]]
            : [],
        ),
      ),
    };
    await this.#stored.commit([[receiverId, stored]]);
    return infoOf(stored);
  }

  /** Settings as they would be stored, with the secrets that are left out. */
  draft(receiverId: string, input: unknown): ReceiverSettings {
    if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(receiverId) || receiverId === BROWSERS)
      throw invalidInput('receiverId', 'must be lower-case words joined by hyphens');
    const given = parseInput(v.record(v.string(), v.unknown()), input);
    const before = this.#stored.get(receiverId);
    const same = before?.settings['kind'] === given['kind'];
    const known = same && before ? this.#opened(before) : {};
    const settings = parseInput(receiverSettingsSchema, { ...known, ...given });
    if (settings.kind === 'web-push')
      throw invalidInput('kind', 'browsers subscribe by themselves');
    return settings;
  }

  /** With secrets, for sending; undefined when there is no such receiver. Throws VaultError for a lost key. */
  settings(receiverId: string): ReceiverSettings | undefined {
    const stored = this.#stored.get(receiverId);
    return stored && v.parse(receiverSettingsSchema, { ...stored.settings, ...this.#opened(stored) });
  }

  /** Throws `not-found`, and `invalid-input` for one that the routing uses. */
  async remove(receiverId: string, routing: { uses(receiverId: string): boolean }): Promise<void> {
    if (!this.#stored.get(receiverId)) throw new ProtocolError('not-found');
    if (routing.uses(receiverId)) throw invalidInput('receiverId', 'is used by the routing');
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

import type { PushSubscription, ReceiverSettings } from '@openmanager/alerting';
import { generateVapidKeys, type Vault } from '@openmanager/alerting/notify';
import { invalidField } from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import { RecordMap, collection } from '../records/index.ts';
import { policyRecords } from './policy-records.ts';

const VAPID = 'vapid';
const MAX_SUBSCRIPTIONS = 100;

const subscriptionRecords = collection<PushSubscription>('alert-push-subscriptions');

interface Vapid {
  readonly publicKey: string;
  readonly sealed: string;
}

/** Browsers that want to be told by Web Push, and the hub's keys for it. */
export class BrowserSubscriptions {
  readonly #stored: RecordMap<PushSubscription>;
  readonly #vault: Vault;
  readonly #vapid: Vapid;

  private constructor(stored: RecordMap<PushSubscription>, vault: Vault, vapid: Vapid) {
    this.#stored = stored;
    this.#vault = vault;
    this.#vapid = vapid;
  }

  static async open(records: RecordStore, vault: Vault): Promise<BrowserSubscriptions> {
    const policy = new Map(await policyRecords.entries(records));
    let vapid = policy.get(VAPID) as Vapid | undefined;
    if (!vapid) {
      const { publicKey, privateKey } = generateVapidKeys();
      vapid = { publicKey, sealed: vault.seal(privateKey, VAPID) };
      await records.write([policyRecords.put(VAPID, vapid)]);
    }
    return new BrowserSubscriptions(
      await RecordMap.open(records, subscriptionRecords),
      vault,
      vapid,
    );
  }

  get publicKey(): string {
    return this.#vapid.publicKey;
  }

  /** With the private key, for sending. Throws VaultError for a lost one. */
  receiver(hubUrl: string | undefined): ReceiverSettings {
    return {
      kind: 'web-push',
      subscriptions: [...this.#stored.values()],
      subject: hubUrl?.startsWith('https:') ? hubUrl : 'mailto:openmanager@localhost.localdomain',
      publicKey: this.#vapid.publicKey,
      privateKey: this.#vault.open(this.#vapid.sealed, VAPID),
    };
  }

  async add(subscription: PushSubscription): Promise<void> {
    const { endpoint } = subscription;
    if (!this.#stored.get(endpoint) && this.#stored.size >= MAX_SUBSCRIPTIONS)
      throw invalidField('endpoint', 'there are too many subscriptions');
    await this.#stored.commit([[endpoint, subscription]]);
  }

  async remove(endpoint: string): Promise<void> {
    if (this.#stored.get(endpoint)) await this.#stored.commit([[endpoint, undefined]]);
  }
}

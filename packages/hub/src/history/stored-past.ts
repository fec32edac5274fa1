import type { ClusterStore, EmbeddedStore } from '@openmanager/store';
import type { Logger } from 'pino';
import type {
  EventLog,
  FirstFrame,
  FrameWriter,
  HealthIssues,
  HistoryTransfer,
  HostDisplay,
  KnownHosts,
  PromqlSource,
  RemoteDelivery,
  ReplaySource,
  Service,
} from '../ports/index.ts';
import { ClusterWatch } from './cluster-watch.ts';
import { ConditionWatch } from './condition-watch.ts';
import { StorageWatch } from './storage-watch.ts';
import { StoredHistory } from './stored-history.ts';
import { StoredPromql } from './stored-promql.ts';
import { StoredReplay } from './stored-replay.ts';
import { StoredTransfer } from './stored-transfer.ts';

export interface StoredPastOptions {
  readonly store: EmbeddedStore | ClusterStore;
  readonly dataFolder: string;
  readonly issues: HealthIssues;
  readonly hosts: KnownHosts;
  readonly display: HostDisplay;
  readonly openFrames: (first: FirstFrame) => FrameWriter;
  readonly events: Pick<EventLog, 'record'>;
  readonly log: Logger;
}

/** The past as the API and the gateway read it, and the health of where it is stored. */
export class StoredPast implements Service {
  readonly history: StoredHistory;
  readonly replay: ReplaySource;
  readonly promql: PromqlSource;
  readonly transfer: HistoryTransfer;
  readonly storage: StorageWatch;
  readonly condition: ConditionWatch;
  /** Undefined without a cluster store. */
  readonly remote: RemoteDelivery | undefined;
  readonly #transfer: StoredTransfer;
  readonly #engine: StoredPromql;
  readonly #cluster: ClusterWatch | undefined;

  private constructor(options: StoredPastOptions, transfer: StoredTransfer) {
    const { store, hosts, issues } = options;
    this.history = new StoredHistory(store, hosts);
    this.replay = new StoredReplay(options);
    this.transfer = transfer;
    this.#transfer = transfer;
    this.storage = new StorageWatch(store, issues);
    this.condition = new ConditionWatch(options);
    this.#cluster = 'remote' in store ? new ClusterWatch(() => store.remote(), issues) : undefined;
    this.remote = this.#cluster;
    this.#engine = new StoredPromql({
      history: store,
      hosts: () => [
        ...hosts.all().map(({ hostId, facts }) => ({ hostId, instance: facts.hostname })),
        ...transfer.importedHosts(),
      ],
      importedMetrics: () => transfer.importedMetrics,
    });
    this.promql = this.#engine;
    hosts.onRemoved((hostId) => store.removeHost(hostId));
  }

  static async open(options: StoredPastOptions): Promise<StoredPast> {
    const { store, dataFolder, hosts } = options;
    return new StoredPast(options, await StoredTransfer.open(store, dataFolder, hosts));
  }

  async run(): Promise<void> {
    this.storage.run();
    this.condition.run();
    this.#cluster?.run();
  }

  async drain(): Promise<void> {
    this.#engine.stop();
    this.#transfer.drain();
  }

  async stop(): Promise<void> {
    await this.drain();
    this.storage.stop();
    this.condition.stop();
    this.#cluster?.stop();
  }
}

/** Export, import and backup for the API: streamed, few at a time. */
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createGzip } from 'node:zlib';
import { randomUUID } from 'node:crypto';
import { ProtocolError } from '@openmanager/protocol';
import {
  exportHistory,
  IMPORTED_HOSTS,
  IMPORTED_METRICS,
  importText,
  metricPattern,
  StoreError,
  type EmbeddedStore,
  type MetricFact,
} from '@openmanager/store';
import type { ImportAnswer } from '@openmanager/protocol';
import type { ExportRequest, HistoryTransfer, HostNames } from '../ports/index.ts';
import { collection } from '../records/index.ts';

/** Exports that may run at the same time, one of each subject; of imports and backups one. */
const MAX_EXPORTS = 4;
const importedHosts = collection<{ readonly instance: string }>(IMPORTED_HOSTS);
const importedMetrics = collection<MetricFact>(IMPORTED_METRICS);
const LEFTOVER = /^(?:backup|import)-[0-9a-f-]{36}\.tmp/;

export class StoredTransfer implements HistoryTransfer {
  readonly #store: EmbeddedStore;
  readonly #folder: string;
  readonly #names: HostNames;
  /** Names of hosts that came by import. */
  #imported: ReadonlyMap<string, string> = new Map();
  /** For whom exports run. */
  readonly #exports = new Set<string>();
  /** What imports said of their metrics. */
  importedMetrics: ReadonlyMap<string, MetricFact> = new Map();
  #importing = false;
  #backingUp = false;
  readonly #ended = new AbortController();

  private constructor(store: EmbeddedStore, folder: string, names: HostNames) {
    this.#store = store;
    this.#folder = folder;
    this.#names = names;
  }

  static async open(
    store: EmbeddedStore,
    folder: string,
    names: HostNames,
  ): Promise<StoredTransfer> {
    // Leftovers of a backup or an import during which the hub was killed.
    for (const name of await readdir(folder))
      if (LEFTOVER.test(name)) await rm(join(folder, name), { force: true });
    const transfer = new StoredTransfer(store, folder, names);
    await transfer.#read();
    return transfer;
  }

  async #read(): Promise<void> {
    const hosts = await importedHosts.entries(this.#store);
    this.#imported = new Map(hosts.map(([hostId, { instance }]) => [hostId, instance]));
    this.importedMetrics = new Map(await importedMetrics.entries(this.#store));
  }

  /** Imported hosts that have no agent, with their `instance` label. */
  importedHosts(): readonly { readonly hostId: string; readonly instance: string }[] {
    return [...this.#imported]
      .filter(([hostId]) => this.#names.hostname(hostId) === undefined)
      .map(([hostId, instance]) => ({ hostId, instance }));
  }

  export({ format, fromMs, toMs, hosts, metrics, of }: ExportRequest): Readable {
    if (this.#exports.has(of))
      throw new ProtocolError('too-many-requests', 'An export of yours runs already.');
    if (this.#exports.size >= MAX_EXPORTS)
      throw new ProtocolError('too-many-requests', `${MAX_EXPORTS} exports run already.`);
    const ended = new AbortController();
    const patterns = metrics.map(metricPattern).join('|');
    const chunks = exportHistory(this.#store, {
      format,
      instanceOf: (hostId) => this.#names.hostname(hostId) ?? this.#imported.get(hostId) ?? hostId,
      query: {
        fromMs,
        toMs,
        signal: AbortSignal.any([ended.signal, this.#ended.signal]),
        ...(hosts.length === 0 ? {} : { hostIds: hosts }),
        ...(metrics.length === 0
          ? {}
          : { matchers: [{ label: '__name__', op: '=~', value: patterns }] }),
      },
    });
    this.#exports.add(of);
    const stream = new Readable({
      objectMode: true,
      highWaterMark: 2,
      read(): void {
        chunks.next().then(
          ({ done, value }) => this.push(done === true ? null : value),
          (error: Error) => this.destroy(error),
        );
      },
      // A search for the next piece is ended at once: whoever asked is gone.
      destroy: (error, done): void => {
        ended.abort();
        this.#exports.delete(of);
        done(error);
      },
    });
    stream.once('close', () => chunks.return().catch(() => undefined));
    return stream;
  }

  /** No import or export goes on; what is written by then stays. */
  drain(): void {
    this.#ended.abort();
  }

  async import(
    text: AsyncIterable<Uint8Array>,
    hostId: string | undefined,
    client: AbortSignal,
  ): Promise<ImportAnswer> {
    if (this.#importing)
      throw new ProtocolError('too-many-requests', 'An import is under way already.');
    this.#importing = true;
    // It is read twice, so that nothing of a text with an error is stored.
    const path = join(this.#folder, `import-${randomUUID()}.tmp`);
    try {
      const signal = AbortSignal.any([client, this.#ended.signal]);
      const zip = createGzip({ level: constants.Z_BEST_SPEED });
      await pipeline(text, zip, createWriteStream(path), { signal });
      const open = (): AsyncIterable<Uint8Array> =>
        createReadStream(path).pipe(createGunzip()) as AsyncIterable<Uint8Array>;
      return await importText(this.#store, open, { hostId, signal });
    } catch (error) {
      if (error instanceof StoreError && error.code === 'invalid')
        throw new ProtocolError('invalid-input', error.message);
      if (this.#ended.signal.aborted) throw new ProtocolError('shutting-down');
      throw error;
    } finally {
      await rm(path, { force: true });
      this.#importing = false;
      await this.#read().catch(() => undefined);
    }
  }

  async backup(): Promise<{ readonly content: Readable; readonly bytes: number }> {
    if (this.#backingUp)
      throw new ProtocolError('too-many-requests', 'A backup is under way already.');
    this.#backingUp = true;
    const path = join(this.#folder, `backup-${randomUUID()}.tmp`);
    const end = async (): Promise<void> => {
      this.#backingUp = false;
      await rm(path, { force: true });
    };
    try {
      await this.#store.backup(path);
      const content = createReadStream(path);
      content.once('close', () => void end());
      return { content, bytes: (await stat(path)).size };
    } catch (error) {
      await end();
      throw error;
    }
  }
}

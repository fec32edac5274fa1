import { limits, ProtocolError, type History, type HistoryRequest } from '@openmanager/protocol';
import type { MetricStore, RangeQuery } from '@openmanager/store';
import type { HistoryJson, HistorySource, KnownHosts, LateRows } from '../ports/index.ts';

/** History as clients read it. */
export class StoredHistory implements HistorySource, HistoryJson {
  readonly #store: MetricStore;
  readonly #hosts: Pick<KnownHosts, 'hasHost'>;

  constructor(store: MetricStore, hosts: Pick<KnownHosts, 'hasHost'>) {
    this.#store = store;
    this.#hosts = hosts;
  }

  /** Throws `not-found` for an unknown host, `invalid-input` when no keys are given and the host has too many. */
  async history(request: HistoryRequest): Promise<History> {
    await this.#check(request);
    const result = await this.#store.query(questionOf(request));
    return {
      keys: result.keys,
      timesMs: Array.from(result.timesMs),
      columns: result.columns.map((column) =>
        Array.from(column, (value) => (Number.isNaN(value) ? null : value)),
      ),
      stepMs: result.stepMs,
    };
  }

  /** The same as JSON text in UTF-8, made in the store's thread where it can: a large answer takes many milliseconds. */
  async historyJson(request: HistoryRequest): Promise<Uint8Array> {
    if (!this.#store.queryJson) return Buffer.from(JSON.stringify(await this.history(request)));
    await this.#check(request);
    return await this.#store.queryJson(questionOf(request));
  }

  /** Series keys ever stored for a host. Throws `not-found`. */
  async series(hostId: string): Promise<readonly string[]> {
    if (!this.#hosts.hasHost(hostId)) throw new ProtocolError('not-found');
    return this.#store.series(hostId);
  }

  async #check(request: HistoryRequest): Promise<void> {
    const { hostId } = request;
    if (!this.#hosts.hasHost(hostId)) throw new ProtocolError('not-found', undefined, 'hostId');
    if (
      request.keys === undefined &&
      (await this.#store.series(hostId)).length > limits.historySeries
    )
      throw new ProtocolError(
        'invalid-input',
        `The host has more than ${limits.historySeries} series: name some.`,
        'keys',
      );
  }

  async rows(
    hostId: string,
    keys: readonly string[] | undefined,
    fromMs: number,
    toMs: number,
    maxRows: number,
  ): Promise<LateRows | 'too-many'> {
    const result = await this.#store.query({ hostId, keys, fromMs, toMs, maxPoints: maxRows });
    if (result.stepMs !== 0) return 'too-many';
    return {
      hostId,
      keys: result.keys,
      timesMs: Array.from(result.timesMs),
      columns: result.columns,
    };
  }
}

function questionOf({ hostId, keys, fromMs, toMs, maxPoints }: HistoryRequest): RangeQuery {
  return { hostId, keys, fromMs, toMs, maxPoints };
}

import { limits, ProtocolError, type History, type HistoryRequest } from '@openmanager/protocol';
import type { MetricStore } from '@openmanager/store';
import type { HistorySource, LateRows } from '../ports/index.ts';

/** History as clients read it. */
export class StoredHistory implements HistorySource {
  private readonly store: MetricStore;
  private readonly knows: (hostId: string) => boolean;

  constructor(store: MetricStore, knows: (hostId: string) => boolean) {
    this.store = store;
    this.knows = knows;
  }

  /** Throws `not-found` for an unknown host, `invalid-input` when no keys are given and the host has too many. */
  async history(request: HistoryRequest): Promise<History> {
    const { hostId, fromMs, toMs, maxPoints } = request;
    if (!this.knows(hostId)) throw new ProtocolError('not-found', undefined, 'hostId');
    if (
      request.keys === undefined &&
      (await this.store.series(hostId)).length > limits.historySeries
    )
      throw new ProtocolError(
        'invalid-input',
        `The host has more than ${limits.historySeries} series: name some.`,
        'keys',
      );
    const result = await this.store.query({ hostId, keys: request.keys, fromMs, toMs, maxPoints });
    return {
      keys: result.keys,
      timesMs: Array.from(result.timesMs),
      columns: result.columns.map((column) =>
        Array.from(column, (value) => (Number.isNaN(value) ? null : value)),
      ),
      stepMs: result.stepMs,
    };
  }

  async rows(
    hostId: string,
    keys: readonly string[] | undefined,
    fromMs: number,
    toMs: number,
    maxRows: number,
  ): Promise<LateRows | 'too-many'> {
    const result = await this.store.query({ hostId, keys, fromMs, toMs, maxPoints: maxRows });
    if (result.stepMs !== 0) return 'too-many';
    return {
      hostId,
      keys: result.keys,
      timesMs: Array.from(result.timesMs),
      columns: result.columns,
    };
  }
}

import { Rate, RecentValues } from './measure.ts';

/** What ingest counts since the hub started. */
export interface IngestStats {
  readonly agentsConnected: number;
  readonly samplesPerSecond: number;
  readonly samplesReceived: number;
  readonly commitMs: { readonly p50: number; readonly p99: number };
  readonly batchesLost: number;
  /** Acknowledged once, and gone since: by a file that was lost, or a backup that was restored. */
  readonly batchesLostByHub: number;
  readonly batchesRejected: number;
  readonly duplicates: number;
  /** Connections refused to agents that connect again and again. */
  readonly connectionsRefused: number;
  /** Series over the bound of their host now. */
  readonly seriesLeftOut: number;
  /** Agents told to come again a moment later, because many came at once or the hub was late. */
  readonly agentsDeferred: number;
}

/** The counters behind IngestStats. */
export class IngestCounters {
  batchesLost = 0;
  batchesLostByHub = 0;
  batchesRejected = 0;
  duplicates = 0;
  connectionsRefused = 0;
  samplesReceived = 0;
  readonly #rate = new Rate();
  readonly #commits = new RecentValues();

  samples(count: number, nowMs: number): void {
    this.samplesReceived += count;
    this.#rate.add(count, nowMs);
  }

  commit(ms: number): void {
    this.#commits.add(ms);
  }

  figures(
    agentsConnected: number,
    nowMs: number,
  ): Omit<IngestStats, 'agentsDeferred' | 'seriesLeftOut'> {
    return {
      agentsConnected,
      samplesPerSecond: this.#rate.perSecond(nowMs),
      samplesReceived: this.samplesReceived,
      commitMs: this.#commits.percentiles(),
      batchesLost: this.batchesLost,
      batchesLostByHub: this.batchesLostByHub,
      batchesRejected: this.batchesRejected,
      duplicates: this.duplicates,
      connectionsRefused: this.connectionsRefused,
    };
  }
}

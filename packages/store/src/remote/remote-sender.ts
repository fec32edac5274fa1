/**
 * Takes rows, keeps them as requests on disk, and delivers those one after the other, the oldest first; a request stays
 * until the cluster has taken it.
 */
import { seriesRows } from './series-rows.ts';
import { DiskQueue } from './disk-queue.ts';
import type { RemoteClient } from './remote-client.ts';
import { snappy } from './snappy.ts';
import { encodeWriteRequest, type WrittenSeries } from './write-request.ts';
import type { Rows } from '../contract/metric-store.ts';

export interface RemoteLimits {
  /** Maximum bytes of the queue on disk; beyond it the oldest are dropped and counted. */
  readonly maxQueueBytes: number;
  /** Rows are gathered for this long, or until there are `maxSamples`. */
  readonly gatherMs: number;
  readonly maxSamples: number;
  /** Initial backoff before a delivery is retried, ms; it doubles. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
}

export const RemoteDefaults: RemoteLimits = {
  maxQueueBytes: 1024 * 1024 * 1024,
  gatherMs: 100,
  maxSamples: 20_000,
  retryMs: 500,
  maxRetryMs: 30_000,
};

export interface RemoteStats {
  readonly requestsWaiting: number;
  readonly bytesWaiting: number;
  readonly samplesDelivered: number;
  /** Dropped because the queue was full, or because the cluster refused them for good. */
  readonly samplesDropped: number;
  /** Why the last delivery failed; undefined while all is well. */
  readonly trouble: string | undefined;
}

interface Gathered {
  readonly series: WrittenSeries[];
  samples: number;
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class RemoteSender {
  readonly #client: RemoteClient;
  readonly #queue: DiskQueue;
  readonly #limits: RemoteLimits;
  readonly #instanceOf: (hostId: string) => string;
  #gathered: Gathered | undefined;
  #gatherTimer: NodeJS.Timeout | undefined;
  /** Files are written in the order in which rows came. */
  #writing: Promise<void> = Promise.resolve();
  #sending: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  readonly #stopping = new AbortController();
  #delivered = 0;
  #refused = 0;
  #trouble: string | undefined;

  private constructor(
    client: RemoteClient,
    queue: DiskQueue,
    limits: RemoteLimits,
    instanceOf: (hostId: string) => string,
  ) {
    this.#client = client;
    this.#queue = queue;
    this.#limits = limits;
    this.#instanceOf = instanceOf;
  }

  static async open(
    client: RemoteClient,
    folder: string,
    limits: RemoteLimits,
    instanceOf: (hostId: string) => string,
  ): Promise<RemoteSender> {
    const queue = await DiskQueue.open(folder, limits.maxQueueBytes);
    const sender = new RemoteSender(client, queue, limits, instanceOf);
    sender.#send();
    return sender;
  }

  /** Resolves when the rows are durable in the queue. */
  add(hostId: string, rows: Rows): Promise<void> {
    const { series, samples } = seriesRows(hostId, this.#instanceOf(hostId), rows);
    if (samples === 0) return Promise.resolve();
    let gathered = this.#gathered;
    if (!gathered) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      this.#gathered = gathered = { series: [], samples: 0, done: promise, resolve, reject };
      this.#gatherTimer = setTimeout(() => this.#flush(), this.#limits.gatherMs);
    }
    gathered.series.push(...series);
    gathered.samples += samples;
    if (gathered.samples >= this.#limits.maxSamples) this.#flush();
    return gathered.done;
  }

  stats(): RemoteStats {
    return {
      requestsWaiting: this.#queue.size,
      bytesWaiting: this.#queue.bytes,
      samplesDelivered: this.#delivered,
      samplesDropped: this.#queue.dropped + this.#refused,
      trouble: this.#trouble,
    };
  }

  /** Whether everything that was added is with the cluster, at the latest after the time. */
  async drained(timeoutMs: number): Promise<boolean> {
    this.#flush();
    await this.#writing;
    const end = performance.now() + timeoutMs;
    while (this.#queue.size > 0 && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return this.#queue.size === 0;
  }

  /** Undelivered requests stay on disk and are sent after the next start. */
  async stop(): Promise<void> {
    this.#flush();
    await this.#writing;
    // The request in flight is sent again after the next start.
    this.#stopping.abort();
    this.#wake?.();
    await this.#sending;
  }

  #flush(): void {
    clearTimeout(this.#gatherTimer);
    const gathered = this.#gathered;
    this.#gathered = undefined;
    if (!gathered) return;
    this.#writing = this.#writing.then(async () => {
      try {
        const body = snappy(encodeWriteRequest(gathered.series));
        await this.#queue.add(body, gathered.samples);
        gathered.resolve();
      } catch (error) {
        gathered.reject(error);
      }
      this.#send();
      this.#wake?.();
    });
  }

  #send(): void {
    this.#sending ??= this.#run()
      .catch((error: unknown) => {
        this.#trouble = String(error);
      })
      .finally(() => {
        this.#sending = undefined;
        // A request that came while it ended.
        if (!this.#stopping.signal.aborted && this.#queue.size > 0) this.#send();
      });
  }

  async #run(): Promise<void> {
    let waitMs = this.#limits.retryMs;
    while (!this.#stopping.signal.aborted) {
      const first = await this.#queue.first();
      if (!first) return;
      const delivery = await this.#client.write(new Uint8Array(first.body), this.#stopping.signal);
      if (delivery.outcome === 'later') {
        this.#trouble = delivery.reason;
        await this.#pause(delivery.afterMs ?? waitMs);
        waitMs = Math.min(this.#limits.maxRetryMs, waitMs * 2);
        continue;
      }
      waitMs = this.#limits.retryMs;
      if (delivery.outcome === 'taken') {
        this.#delivered += first.file.samples;
        this.#trouble = undefined;
      } else {
        this.#refused += first.file.samples;
        this.#trouble = delivery.reason;
      }
      await this.#queue.remove(first.file);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, this.#limits.maxRetryMs));
      // Only a stop shortens the wait; new rows do not.
      this.#wake = () => {
        if (!this.#stopping.signal.aborted) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

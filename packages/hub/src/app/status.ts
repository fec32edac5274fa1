import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { SystemStatus } from '@openmanager/protocol';
import type { MetricStore, StoreStats } from '@openmanager/store';
import type { IngestStats } from '../ingest/index.ts';
import type { HubLag } from '../timing/index.ts';
import type { Clock, DeliveryStats, HostDirectory, StatusSource } from '../ports/index.ts';

/** Version of the hub, from its package. */
export const hubVersion: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }
).version;

const RESOLUTION_MS = 10;
const SLICES = 6;
const SLICE_MS = 10_000;
const STORE_STATS_MS = 2000;

export interface HubStatusOptions {
  readonly clock: Clock;
  readonly store: Pick<MetricStore, 'stats'>;
  readonly hosts: Pick<HostDirectory, 'hosts'>;
  readonly lag: HubLag;
}

/** Counters of parts that are made later than the status, which they show; each registers itself. */
export interface StatusCounters {
  ingest(): IngestStats;
  delivery(): DeliveryStats;
}

const nothingTaken: IngestStats = {
  agentsConnected: 0,
  samplesPerSecond: 0,
  samplesReceived: 0,
  commitMs: { p50: 0, p99: 0 },
  batchesLost: 0,
  batchesLostByHub: 0,
  batchesRejected: 0,
  duplicates: 0,
  connectionsRefused: 0,
  agentsDeferred: 0,
  seriesLeftOut: 0,
};
const nothingDelivered: DeliveryStats = {
  clients: 0,
  slowClients: { lagging: 0, evicted: 0, worst: [] },
  framesSent: 0,
  bytesSent: 0,
  framesCoalesced: 0,
  deliveryMs: { p50: 0, p99: 0 },
};

/** The hub's own state. */
export class HubStatus implements StatusSource {
  readonly #options: HubStatusOptions;
  readonly #startedAtMs: number;
  readonly #delay: ReturnType<typeof monitorEventLoopDelay> = monitorEventLoopDelay({
    resolution: RESOLUTION_MS,
  });
  /** Longest stall of each of the last slices, ms, newest first. */
  #stalls: number[] = [];
  #storeStats: StoreStats = { samplesStored: 0, rowsRepeated: 0, bytesOnDisk: 0 };
  #timers: NodeJS.Timeout[] = [];
  #counters: StatusCounters = { ingest: () => nothingTaken, delivery: () => nothingDelivered };

  constructor(options: HubStatusOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.now();
  }

  async run(): Promise<void> {
    this.#delay.enable();
    await this.#readStore();
    this.#timers = [
      setInterval(() => {
        this.#stalls = [this.#stallMs(), ...this.#stalls.slice(0, SLICES - 2)];
        this.#delay.reset();
      }, SLICE_MS),
      setInterval(() => void this.#readStore(), STORE_STATS_MS),
    ];
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#delay.disable();
  }

  register(counters: Partial<StatusCounters>): void {
    this.#counters = { ...this.#counters, ...counters };
  }

  uptimeSeconds(): number {
    return Math.floor((this.#options.clock.now() - this.#startedAtMs) / 1000);
  }

  status(): SystemStatus {
    const { clock, hosts, lag } = this.#options;
    const { loop, queue, evaluation, sweep } = lag.figures();
    const counts = { online: 0, stale: 0, offline: 0 };
    for (const host of hosts.hosts()) counts[host.status]++;
    const taken = this.#counters.ingest();
    const given = this.#counters.delivery();
    return {
      version: hubVersion,
      startedAtMs: this.#startedAtMs,
      timeMs: clock.now(),
      hosts: counts,
      agentsConnected: taken.agentsConnected,
      clientsConnected: given.clients,
      samplesPerSecond: taken.samplesPerSecond,
      samplesStored: this.#storeStats.samplesStored,
      storeBytes: this.#storeStats.bytesOnDisk,
      commitMs: taken.commitMs,
      deliveryMs: given.deliveryMs,
      eventLoopMaxMs: Math.round(Math.max(this.#stallMs(), ...this.#stalls) * 10) / 10,
      rssBytes: process.memoryUsage.rss(),
      lag: { loop, queue, evaluation, sweep },
      behind: lag.isBehind,
      missedMs: Math.round(lag.missedMs),
      framesSent: given.framesSent,
      bytesSent: given.bytesSent,
      dropped: {
        batchesLost: taken.batchesLost,
        batchesLostByHub: taken.batchesLostByHub,
        batchesRejected: taken.batchesRejected,
        duplicates: taken.duplicates,
        rowsRepeated: this.#storeStats.rowsRepeated,
        seriesLeftOut: taken.seriesLeftOut,
        connectionsRefused: taken.connectionsRefused,
        agentsDeferred: taken.agentsDeferred,
        framesCoalesced: given.framesCoalesced,
      },
      slowClients: given.slowClients,
    };
  }

  #stallMs(): number {
    // The histogram measures from timer to timer, so its own period is in every value.
    return Math.max(0, this.#delay.max / 1e6 - RESOLUTION_MS);
  }

  async #readStore(): Promise<void> {
    // Keep the last ones; a failing store shows in health.
    this.#storeStats = await this.#options.store.stats().catch(() => this.#storeStats);
  }
}

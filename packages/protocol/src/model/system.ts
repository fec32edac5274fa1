import * as v from 'valibot';

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** The hub's own state and delivery figures, the payload of topic `system`. */
export interface SystemStatus {
  readonly version: string;
  readonly startedAtMs: number;
  readonly timeMs: number;
  readonly hosts: { readonly online: number; readonly stale: number; readonly offline: number };
  readonly agentsConnected: number;
  readonly clientsConnected: number;
  /** Samples per second over the last ten seconds. */
  readonly samplesPerSecond: number;
  readonly samplesStored: number;
  /** Database files on disk, bytes. */
  readonly storeBytes: number;
  /** Receipt of a batch to its commit, ms. */
  readonly commitMs: { readonly p50: number; readonly p99: number };
  /** Receipt of a batch to the frame that carries it handed to the transport, ms. */
  readonly deliveryMs: { readonly p50: number; readonly p99: number };
  /** Longest event-loop stall in the last minute, ms. */
  readonly eventLoopMaxMs: number;
  readonly rssBytes: number;
  /** How late the hub is at each stage, ms. */
  readonly lag: {
    /** Its event loop. */
    readonly loop: Percentiles;
    /** What agents sent waits to be read. */
    readonly queue: Percentiles;
    /** The rules judge a row. */
    readonly evaluation: Percentiles;
    /** A round of the detectors, which is due every half minute. */
    readonly sweep: Percentiles;
  };
  /** The hub does not keep up: silence is not judged, agents are let in slowly. */
  readonly behind: boolean;
  /** Time in which the hub could not listen since it started, ms. */
  readonly missedMs: number;
  readonly framesSent: number;
  readonly bytesSent: number;
  /** What was not delivered or stored, by cause, since the hub started. */
  readonly dropped: {
    /** Batches whose sequence numbers never came: the agent's spool overflowed. */
    readonly batchesLost: number;
    /** Acknowledged once, and gone from the store since. */
    readonly batchesLostByHub: number;
    readonly batchesRejected: number;
    readonly duplicates: number;
    /** Rows left out because a row of their host and time was stored before: an agent's clock went back. */
    readonly rowsRepeated: number;
    /** Series over the bound of their host now, over all agents. */
    readonly seriesLeftOut: number;
    /** Connections refused to agents that connect again and again. */
    readonly connectionsRefused: number;
    /** Agents told to come again a moment later. */
    readonly agentsDeferred: number;
    /** Frames left out because a client was behind; it got the newest state later. */
    readonly framesCoalesced: number;
  };
  /** Who is behind. */
  readonly slowClients: SlowClients;
}

export interface SlowClients {
  /** Clients that are behind now. */
  readonly lagging: number;
  /** Clients disconnected for making no progress, since the hub started. */
  readonly evicted: number;
  /** Connected clients for which frames were left out, worst first, at most 20. */
  readonly worst: readonly SlowClient[];
}

export interface SlowClient {
  /** Of the connection. */
  readonly id: string;
  /** Name of the user, or of the kind of credentials. */
  readonly subject: string;
  readonly address: string;
  readonly connectedAtMs: number;
  readonly lagging: boolean;
  readonly framesCoalesced: number;
  /** Bytes sent that it has not acknowledged, those in the kernel's buffers included. */
  readonly heldBytes: number;
}

const percentiles = v.object({ p50: v.number(), p99: v.number() });

export const systemStatusSchema: v.GenericSchema<SystemStatus> = v.pipe(
  v.object({
    version: v.string(),
    startedAtMs: v.number(),
    timeMs: v.number(),
    hosts: v.object({ online: v.number(), stale: v.number(), offline: v.number() }),
    agentsConnected: v.number(),
    clientsConnected: v.number(),
    samplesPerSecond: v.number(),
    samplesStored: v.number(),
    storeBytes: v.number(),
    commitMs: percentiles,
    deliveryMs: percentiles,
    eventLoopMaxMs: v.number(),
    rssBytes: v.number(),
    lag: v.object({
      loop: percentiles,
      queue: percentiles,
      evaluation: percentiles,
      sweep: percentiles,
    }),
    behind: v.boolean(),
    missedMs: v.number(),
    framesSent: v.number(),
    bytesSent: v.number(),
    dropped: v.object({
      batchesLost: v.number(),
      batchesLostByHub: v.number(),
      batchesRejected: v.number(),
      duplicates: v.number(),
      rowsRepeated: v.number(),
      seriesLeftOut: v.number(),
      connectionsRefused: v.number(),
      agentsDeferred: v.number(),
      framesCoalesced: v.number(),
    }),
    slowClients: v.object({
      lagging: v.number(),
      evicted: v.number(),
      worst: v.array(
        v.object({
          id: v.string(),
          subject: v.string(),
          address: v.string(),
          connectedAtMs: v.number(),
          lagging: v.boolean(),
          framesCoalesced: v.number(),
          heldBytes: v.number(),
        }),
      ),
    }),
  }),
  v.title('SystemStatus'),
);

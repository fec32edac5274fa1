/**
 * How a subscription continues from a cursor. Nothing between the cursor and now is left out unmarked:
 *
 * no cursor → fresh · the ring still has everything after it → recovered · history has the span → backfilled ·
 * otherwise → gap
 *
 * History is asked while the stream goes on. So the keyframe is taken before the question; what was broadcast
 * meanwhile follows it from the ring.
 */
import type { Cursor, Recovery } from '@openmanager/protocol';
import type { Clock, HistorySource, LateRows } from '../ports/index.ts';
import type { Channel } from './channel.ts';
import type { FrameChannel } from './frame-channel.ts';
import type { MessageChannel } from './message-channel.ts';
import type { GatewayLimits, GatewayLog } from './options.ts';
import type { Part } from './part.ts';

export interface Plan {
  readonly recovery: Recovery;
  /** Sent first and in this order; afterwards the subscriber is at the channel's current offset. */
  readonly parts: readonly Part[];
  /** Offset on which the first of them follows. */
  readonly fromOffset: number;
  /** Outside the sequence, sent as the client takes them. */
  readonly backfill: readonly Part[];
}

/** History reaches back this far before the cursor: samples on time may come in up to 30 s after they were taken. */
const OVERLAP_MS = 30_000;
/** Clients that reconnect together with the same cursor share one history query for this long. */
const SHARE_MS = 2_000;
const SHARED = 64;
const QUERIES_AT_ONCE = 8;

interface Job {
  readonly channel: FrameChannel;
  readonly fromMs: number;
  readonly toMs: number;
  readonly offset: number;
  readonly keyframe: Part;
  readonly shown: string;
  /** Undefined when history does not give the whole span. */
  readonly backfill: Promise<readonly Part[] | undefined>;
}

export interface FrameRecoveryOptions {
  readonly history: HistorySource;
  readonly clock: Clock;
  readonly log: GatewayLog;
  readonly limits: Required<GatewayLimits>;
}

export class FrameRecovery {
  readonly #options: FrameRecoveryOptions;
  #jobs: Job[] = [];

  constructor(options: FrameRecoveryOptions) {
    this.#options = options;
  }

  /** The channel is held while this runs. `hosts`: those that are shown, all when undefined. */
  async plan(
    channel: FrameChannel,
    since: Cursor | undefined,
    hosts?: ReadonlySet<string>,
  ): Promise<Plan> {
    if (since === undefined) return stateOf(channel, { recovery: 'fresh' });
    const now = this.#options.clock.now();
    const missed = exactly(channel, since, now);
    if (missed !== undefined) return missed;
    const fromMs = Math.min(since.timeMs, now);
    const { backfillMs, backfillHosts } = this.#options.limits;
    const hostIds = channel.hostIds().filter((hostId) => hosts?.has(hostId) ?? true);
    if (now - fromMs > backfillMs || hostIds.length > backfillHosts)
      return this.#gap(channel, fromMs);
    const job = this.#job(channel, hostIds, fromMs, now);
    const backfill = await job.backfill;
    const after = channel.missedSince(job.offset, this.#options.clock.now());
    if (backfill === undefined || after === undefined) return this.#gap(channel, fromMs);
    const recovery = { recovery: 'backfilled', fromMs, toMs: job.toMs } as const;
    return { recovery, parts: [job.keyframe, ...after], fromOffset: job.offset, backfill };
  }

  #gap(channel: FrameChannel, fromMs: number): Plan {
    return stateOf(channel, { recovery: 'gap', fromMs, toMs: this.#options.clock.now() });
  }

  #job(channel: FrameChannel, hostIds: readonly string[], fromMs: number, now: number): Job {
    this.#jobs = this.#jobs
      .filter((job) => Math.abs(now - job.toMs) <= SHARE_MS)
      .slice(-SHARED + 1);
    const shown = hostIds.join(' ');
    const same = this.#jobs.find(
      (job) =>
        job.channel === channel &&
        job.fromMs === fromMs &&
        job.shown === shown &&
        channel.missedSince(job.offset, now) !== undefined,
    );
    if (same !== undefined) return same;
    const job: Job = {
      channel,
      shown,
      fromMs,
      toMs: now,
      offset: channel.offset,
      keyframe: channel.current(),
      backfill: this.#read(channel, hostIds, Math.max(0, fromMs - OVERLAP_MS), now),
    };
    this.#jobs.push(job);
    return job;
  }

  async #read(
    channel: FrameChannel,
    hostIds: readonly string[],
    fromMs: number,
    toMs: number,
  ): Promise<readonly Part[] | undefined> {
    const { log } = this.#options;
    const parts: Part[] = [];
    try {
      for (let first = 0; first < hostIds.length; first += QUERIES_AT_ONCE) {
        const group = hostIds.slice(first, first + QUERIES_AT_ONCE);
        const results = await Promise.all(
          group.map((hostId) => this.#rows(channel, hostId, fromMs, toMs)),
        );
        for (const rows of results) {
          if (rows === 'too-many') return undefined;
          const part = channel.backfill(rows);
          if (part !== undefined) parts.push(part);
        }
      }
      return parts;
    } catch (error) {
      // The client gets a gap; the log has the cause.
      log.error({ err: error, topic: channel.topic }, 'history could not be read for a backfill');
      return undefined;
    }
  }

  async #rows(
    channel: FrameChannel,
    hostId: string,
    fromMs: number,
    toMs: number,
  ): Promise<LateRows | 'too-many'> {
    const { history, limits } = this.#options;
    const keys = channel.historyKeys(hostId);
    return await history.rows(hostId, keys, fromMs, toMs, limits.backfillRows);
  }
}

/** Snapshots need no history: they show what is true now, and say since when they are complete. */
export function planMessages(
  channel: MessageChannel,
  since: Cursor | undefined,
  nowMs: number,
): Plan {
  // A status is a state without a past: the newest is all there is to know.
  if (since === undefined || channel.topic === 'system')
    return stateOf(channel, { recovery: 'fresh' });
  const missed = exactly(channel, since, nowMs);
  if (missed !== undefined) return missed;
  const fromMs = Math.min(since.timeMs, nowMs);
  const recovery = channel.isCompleteSince(fromMs) ? 'backfilled' : 'gap';
  return stateOf(channel, { recovery, fromMs, toMs: nowMs });
}

function stateOf(channel: Channel, recovery: Recovery): Plan {
  return { recovery, parts: [channel.current()], fromOffset: channel.offset, backfill: [] };
}

/** What follows on the cursor, if the ring still has all of it. */
function exactly(channel: Channel, since: Cursor, nowMs: number): Plan | undefined {
  if (since.epoch !== channel.epoch) return undefined;
  const parts = channel.missedSince(since.offset, nowMs);
  if (parts === undefined) return undefined;
  return { recovery: { recovery: 'recovered' }, parts, fromOffset: since.offset, backfill: [] };
}

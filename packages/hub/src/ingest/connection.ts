/**
 * One agent's connection.
 *
 * opened ──hello──▶ opening (earlier appends of the agent settle) ──welcome──▶ open ──▶ closed
 *    └── no hello in time, unknown version, revoked, replaced, malformed, store failing, hub stopping ──▶ closed
 */
import {
  ProtocolError,
  type AgentUp,
  type ErrorCode,
  type Hello,
  type HostFacts,
  type HostInfo,
} from '@openmanager/protocol';
import type { Logger } from 'pino';
import type {
  BatchMark,
  Clock,
  EventLog,
  LagMeter,
  LiveInput,
  Pulse,
  SampleStore,
  Watchers,
} from '../ports/index.ts';
import type { AgentSocket } from './agent-socket.ts';
import type { AgentBounds } from './agent-limits.ts';
import { AppendQueue, type WaitingBatch } from './append-queue.ts';
import { clockShift, hubTimes, measureClock, steppedBack, type ClockShift } from './clock-shift.ts';
import type { IngestCounters } from './ingest-counters.ts';
import { splitRows } from './late-rows.ts';
import { parseAgentUp, readBatch } from './messages.ts';
import { placeOf } from './sequence.ts';
import { SeriesSets } from './series-sets.ts';

/** Un-stored bytes of one connection above which its socket is not read. */
export const UNSTORED_LIMIT_BYTES: number = 4 * 1024 * 1024;

/** Sampling interval while the host is watched. */
const WATCHED_INTERVAL_MS = 1000;

/** Messages buffered between `hello` and `welcome`; the socket is paused meanwhile. */
const EARLY_LIMIT = 1024;

/** A socket is read again after this at the latest, or its pongs would not be. */
const LONGEST_PACE_MS = 5_000;

/** WebSocket close code that makes an agent reconnect and send `hello` with its new clock. */
const SERVICE_RESTART = 1012;

const UPTIME = 'system.uptime';

/** What outlives connections, per agent. */
export interface AgentState {
  /** What is on disk. */
  stored: BatchMark;
  /** Newest live row, hub time. */
  newestLiveMs: number;
  /** `system.uptime` of that row, to notice reboots. */
  uptimeSeconds: number | undefined;
  readonly bounds: AgentBounds;
}

export interface ConnectionContext {
  readonly clock: Clock;
  readonly store: Pick<SampleStore, 'append'>;
  readonly live: LiveInput;
  readonly events: EventLog;
  readonly watchers: Watchers;
  readonly counters: IngestCounters;
  readonly log: Logger;
  readonly pulse: Pick<Pulse, 'latelyMs'>;
  readonly lag: LagMeter;
  /** What the hub knew of a host before this connection, and the place to keep what it learns. */
  readonly hosts: { get(hostId: string): HostInfo | undefined; put(info: HostInfo): HostInfo };
  /** Waits for what an earlier connection of the agent has under way, and returns the agent's state. */
  takeOver(connection: AgentConnection): Promise<AgentState>;
  opened(connection: AgentConnection, facts: HostFacts): void;
  storeWorks(agentId: string): void;
  storeFails(agentId: string, error: unknown): void;
  readonly appendRetryMs: number;
  /** Whether agents may say that their hosts are simulated. */
  readonly acceptsDemo: boolean;
  /** What an agent's clock showed just now, or up to an interval ago. */
  clockRead(agentId: string, agentMs: number, intervalMs: number): void;
}

type OpenStage = { readonly name: 'open'; readonly hello: Hello; readonly clock: ClockShift };

type Stage =
  | { readonly name: 'opened' }
  | { readonly name: 'opening'; readonly early: (() => void)[] }
  | OpenStage
  | { readonly name: 'closed' };

export class AgentConnection {
  readonly agentId: string;
  readonly queue: AppendQueue;
  lastPongMs: number;
  readonly #socket: AgentSocket;
  readonly #context: ConnectionContext;
  readonly #sets = new SeriesSets();
  #stage: Stage = { name: 'opened' };
  /** Set by `hello`; outlives this connection, whose last append may end after it. */
  #state: AgentState | undefined;
  #draining = false;
  /** Why the socket is not read: data waits for the disk, or came too fast. */
  readonly #waits = new Set<'disk' | 'pace'>();
  #pace: NodeJS.Timeout | undefined;
  /** When the ping was sent that is not answered yet. */
  #pingedMs: number | undefined;
  /** The agent was told that nothing is stored for now. */
  #isUnstored = false;
  /** Newest batch taken on this connection, stored or not. */
  #taken: BatchMark = { bootEpoch: 0, seq: 0 };
  #newestRawMs = 0;
  /** How far the hub's time moved since the agent's offset was measured. */
  #hubMovedMs = 0;
  #toldAhead = false;

  constructor(socket: AgentSocket, agentId: string, context: ConnectionContext) {
    this.#socket = socket;
    this.agentId = agentId;
    this.#context = context;
    this.lastPongMs = context.clock.now();
    this.queue = new AppendQueue({
      agentId,
      append: (id, mark, rows) => context.store.append(id, mark, rows),
      onStored: (batches) => this.#stored(batches),
      onFailed: (error, final) => {
        context.storeFails(agentId, error);
        if (final) this.end('store-unavailable');
        else this.#unstored();
      },
      onLeftOut: () => this.#sendAway('the hub stores again'),
      retryMs: context.appendRetryMs,
    });
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    socket.on('pong', () => this.#ponged());
    socket.on('close', () => this.#closed());
    // 'close' follows; AgentSocket has already sent the reason.
    socket.on('error', (error) =>
      context.log.debug({ agentId, err: error }, 'agent connection failed'),
    );
  }

  get isOpen(): boolean {
    return this.#stage.name === 'open';
  }

  get awaitsHello(): boolean {
    return this.#stage.name === 'opened';
  }

  /** Sends the reason and closes. Batches that are not on disk stay unacknowledged, so the agent keeps them. */
  end(code: ErrorCode, detail?: string): void {
    if (this.#stage.name === 'closed') return;
    if (code === 'revoked') this.queue.discard();
    this.#closed();
    this.#readOn('disk', 'pace');
    this.#socket.closeFor(code, detail);
  }

  /** Takes nothing more, stores and acknowledges what came, then closes. */
  async drain(): Promise<void> {
    this.#draining = true;
    await this.queue.settled();
    this.end('shutting-down');
  }

  terminate(): void {
    this.#closed();
    this.#socket.terminate();
  }

  /** Pings, and ends a connection whose peer has not answered for `silentMs`. */
  heartbeat(silentMs: number): void {
    // A paused socket cannot deliver its pong.
    if (this.#waits.size > 0 || this.#stage.name === 'opening')
      this.lastPongMs = this.#context.clock.now();
    if (this.#context.clock.now() - this.lastPongMs > silentMs) this.terminate();
    else if (this.#socket.readyState === this.#socket.OPEN) {
      if (this.#waits.size === 0) this.#pingedMs ??= performance.now();
      this.#socket.ping();
    }
  }

  /** The hub missed this much: the answer to a ping may still wait to be read. */
  missed(ms: number, nowMs: number): void {
    this.lastPongMs = Math.min(this.lastPongMs + ms, nowMs);
  }

  /** The hub's time moved; the agent's may have moved with it, which its next batch shows. */
  clockMoved(stepMs: number): void {
    this.#hubMovedMs += stepMs;
    this.#toldAhead = false;
  }

  /** What came before the pong was read before it: its round trip is how long that waited. */
  #ponged(): void {
    const { clock, lag } = this.#context;
    this.lastPongMs = clock.now();
    if (this.#pingedMs !== undefined) lag.record('queue', performance.now() - this.#pingedMs);
    this.#pingedMs = undefined;
  }

  cadence(): void {
    if (this.#stage.name !== 'open') return;
    const own = this.#stage.hello.intervalMs;
    const watched = this.#context.watchers.isWatched(this.agentId);
    this.#socket.tell({
      type: 'cadence',
      intervalMs: watched ? Math.min(WATCHED_INTERVAL_MS, own) : own,
      perCore: watched,
    });
  }

  #receive(data: Buffer, isBinary: boolean): void {
    const stage = this.#stage;
    if (stage.name === 'closed' || this.#draining) return;
    if (stage.name === 'opening') {
      if (stage.early.length >= EARLY_LIMIT) this.end('too-many-requests');
      else stage.early.push(() => this.#receive(data, isBinary));
      return;
    }
    try {
      if (isBinary) this.#batch(data);
      else {
        if (this.#state) this.#paced(this.#state.bounds.text(data.length));
        this.#text(parseAgentUp(data.toString('utf8')));
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        this.#context.log.error({ agentId: this.agentId, err: error }, 'agent message failed');
        this.end('internal');
        return;
      }
      this.#context.log.warn(
        { agentId: this.agentId, code: error.code, reason: error.message },
        'agent message refused',
      );
      this.end(error.code, error.message);
    }
  }

  #text(message: AgentUp): void {
    if (this.#stage.name === 'opened') {
      if (message.type !== 'hello')
        throw new ProtocolError('invalid-input', 'The first message must be hello.', 'type');
      void this.#open(message);
      return;
    }
    if (this.#stage.name !== 'open') return;
    switch (message.type) {
      case 'hello':
        throw new ProtocolError('invalid-input', 'hello was already sent.', 'type');
      case 'series-set':
        this.#declare(message.id, message.keys);
        return;
      case 'processes':
        this.#context.live.processes({
          hostId: this.agentId,
          timeMs: Math.max(0, message.timeMs - this.#stage.clock.shiftMs),
          rows: message.rows,
        });
    }
  }

  #declare(id: string, keys: readonly string[]): void {
    const bounds = this.#state?.bounds;
    if (!bounds) return;
    const leftOut = this.#sets.declare(id, keys, (...set) => bounds.series.take(...set));
    if (leftOut === 0) return;
    bounds.leftOut(id, leftOut);
    this.#context.log.warn(
      { agentId: this.agentId, leftOut, of: keys.length },
      'series of the host are left out: it has more than a host may have',
    );
  }

  async #open(hello: Hello): Promise<void> {
    const { agentId } = this;
    const context = this.#context;
    context.clockRead(agentId, hello.nowMs, 0);
    const receivedMs = context.clock.now();
    const early: (() => void)[] = [];
    this.#stage = { name: 'opening', early };
    this.#socket.pause();
    const state = await context.takeOver(this);
    if (this.#stage.name !== 'opening') return;
    const known = context.hosts.get(agentId);
    const clock = measureClock(hello.nowMs, receivedMs, known?.clockOffsetMs);
    this.#stage = { name: 'open', hello, clock };
    this.#state = state;
    this.#taken = state.stored;
    this.#socket.tell({
      type: 'welcome',
      version: hello.version,
      hostId: agentId,
      hubTimeMs: context.clock.now(),
      acknowledged: { bootEpoch: state.stored.bootEpoch, seq: state.stored.seq },
    });
    this.cadence();
    const info = context.hosts.put({
      hostId: agentId,
      facts: context.acceptsDemo ? hello.facts : { ...hello.facts, demo: false },
      clockOffsetMs: clock.offsetMs,
      clockSkewed: clock.skewed,
      intervalMs: hello.intervalMs,
      firstSeenMs: known?.firstSeenMs ?? receivedMs,
    });
    context.live.hostInfo(info);
    context.live.connected(agentId, true);
    context.opened(this, info.facts);
    context.events.record('agent-connected', agentId, { agentVersion: hello.facts.agentVersion });
    if (clock.skewed) context.events.record('clock-skewed', agentId, { offsetMs: clock.offsetMs });
    for (const message of early) message();
    if (this.#waits.size === 0) this.#socket.resume();
  }

  #batch(bytes: Buffer): void {
    const { agentId } = this;
    const stage = this.#stage;
    const state = this.#state;
    const context = this.#context;
    if (stage.name !== 'open' || !state)
      throw new ProtocolError('invalid-input', 'The first message must be hello.');
    const read = readBatch(bytes, (id) => this.#sets.get(id));
    const mark: BatchMark = read.ok
      ? { bootEpoch: read.batch.bootEpoch, seq: read.batch.seq }
      : { bootEpoch: read.bootEpoch, seq: read.seq };
    const cost = read.ok ? read.batch.timesMs.length * read.batch.columns.length : 0;
    this.#paced(state.bounds.batch(Math.max(cost, bytes.length)));
    const place = placeOf(mark, this.#taken);
    if (place.kind === 'duplicate') {
      context.counters.duplicates++;
      // One that is taken but not on disk yet is acknowledged when it is.
      if (placeOf(mark, state.stored).kind === 'duplicate') this.#acknowledge(state.stored);
      return;
    }
    const newestRawMs = read.ok ? newest(read.batch.timesMs) : this.#newestRawMs;
    if (steppedBack(newestRawMs, this.#newestRawMs)) {
      this.#sendAway('the clock was set back');
      return;
    }
    this.#newestRawMs = newestRawMs;
    context.clockRead(agentId, newestRawMs, stage.hello.intervalMs);
    const receivedMs = context.clock.now();
    const clock = this.#clockNow(stage, newestRawMs, receivedMs);
    this.#taken = mark;
    if (place.lost > 0) {
      context.counters.batchesLost += place.lost;
      context.events.record('batches-lost', agentId, { lost: place.lost });
      context.log.warn(
        { agentId, lost: place.lost },
        'batches never came: the spool of the agent overflowed',
      );
    }
    if (!read.ok) {
      context.counters.batchesRejected++;
      context.log.warn(
        { agentId, seq: mark.seq, code: read.error.code, reason: read.error.message },
        'batch rejected',
      );
      this.#socket.tell({
        type: 'reject',
        ...mark,
        code: read.error.code,
        message: read.error.message,
      });
      return;
    }
    const { setId, columns } = read.batch;
    const { keys } = read;
    const { timesMs, aheadMs } = hubTimes(read.batch.timesMs, clock.shiftMs, receivedMs);
    if (aheadMs > 0) this.#clockAhead(clock.offsetMs + aheadMs);
    context.counters.samples(read.samples, receivedMs);
    this.queue.push({ mark, setId, keys, timesMs, columns, receivedMs });
    if (this.queue.unstoredBytes > UNSTORED_LIMIT_BYTES) this.#wait('disk');
    this.#deliver(state, { keys, timesMs, columns, receivedMs });
  }

  /** The agent's clock against the hub's, after the hub's time moved: as before, or by as much farther. */
  #clockNow(stage: OpenStage, agentMs: number, receivedMs: number): ClockShift {
    if (this.#hubMovedMs === 0) return stage.clock;
    const { offsetMs } = stage.clock;
    const apart = (offset: number): number => Math.abs(agentMs - offset - receivedMs);
    const moved = offsetMs - this.#hubMovedMs;
    const clock = clockShift(apart(moved) < apart(offsetMs) ? moved : offsetMs);
    this.#hubMovedMs = 0;
    this.#stage = { ...stage, clock };
    return clock;
  }

  #deliver(
    state: AgentState,
    rows: Pick<WaitingBatch, 'keys' | 'timesMs' | 'columns' | 'receivedMs'>,
  ): void {
    const { live, events } = this.#context;
    const split = splitRows({
      hostId: this.agentId,
      newestLiveMs: state.newestLiveMs,
      missedMs: this.#context.pulse.latelyMs,
      ...rows,
    });
    state.newestLiveMs = split.newestLiveMs;
    if (split.late) live.late(split.late);
    const uptimeColumn = split.live.length > 0 ? rows.keys.indexOf(UPTIME) : -1;
    for (const update of split.live) {
      live.update(update);
      const uptime = update.values[uptimeColumn];
      if (uptime === undefined || Number.isNaN(uptime)) continue;
      if (state.uptimeSeconds !== undefined && uptime < state.uptimeSeconds)
        events.record('host-rebooted', this.agentId, { uptimeSeconds: uptime });
      state.uptimeSeconds = uptime;
    }
  }

  #stored(batches: readonly WaitingBatch[]): void {
    const context = this.#context;
    const state = this.#state;
    const now = context.clock.now();
    context.storeWorks(this.agentId);
    for (const batch of batches) context.counters.commit(now - batch.receivedMs);
    context.lag.record('commit', now - (batches[0] as WaitingBatch).receivedMs);
    if (!state) return;
    this.#isUnstored = false;
    state.stored = (batches.at(-1) as WaitingBatch).mark;
    this.#acknowledge(state.stored);
    if (this.queue.unstoredBytes <= UNSTORED_LIMIT_BYTES / 2) this.#readOn('disk');
  }

  /** The store fails: the host is shown and judged all the same, and its agent keeps what is not on disk. */
  #unstored(): void {
    if (this.queue.unstoredBytes <= UNSTORED_LIMIT_BYTES / 2) this.#readOn('disk');
    if (this.#isUnstored || this.#stage.name !== 'open') return;
    this.#isUnstored = true;
    this.#socket.tell({ type: 'unstored' });
  }

  /** Makes the agent connect again, and send from what is stored on. */
  #sendAway(reason: string): void {
    if (this.#stage.name === 'closed') return;
    this.#closed();
    this.#readOn('disk', 'pace');
    this.#socket.close(SERVICE_RESTART, reason);
  }

  #acknowledge(mark: BatchMark): void {
    this.#socket.tell({ type: 'ack', bootEpoch: mark.bootEpoch, seq: mark.seq });
  }

  /** What is beyond the agent's pace waits in its own socket and spool; nobody else waits for it. */
  #paced(waitMs: number): void {
    if (waitMs === 0 || this.#waits.has('pace')) return;
    this.#wait('pace');
    this.#pace = setTimeout(() => this.#readOn('pace'), Math.min(waitMs, LONGEST_PACE_MS));
  }

  #wait(reason: 'disk' | 'pace'): void {
    if (this.#waits.size === 0) this.#socket.pause();
    this.#waits.add(reason);
    // Its pong says nothing of how late the hub is.
    this.#pingedMs = undefined;
  }

  #readOn(...reasons: readonly ('disk' | 'pace')[]): void {
    if (this.#waits.size === 0) return;
    for (const reason of reasons) this.#waits.delete(reason);
    if (this.#waits.size === 0) this.#socket.resume();
  }

  /** Flags the host once per connection; the next hello measures again. */
  #clockAhead(offsetMs: number): void {
    if (this.#toldAhead) return;
    this.#toldAhead = true;
    const known = this.#context.hosts.get(this.agentId);
    this.#context.events.record('clock-skewed', this.agentId, { offsetMs });
    if (!known) return;
    const info: HostInfo = { ...known, clockOffsetMs: offsetMs, clockSkewed: true };
    this.#context.hosts.put(info);
    this.#context.live.hostInfo(info);
  }

  #closed(): void {
    if (this.#stage.name === 'closed') return;
    const wasOpen = this.#stage.name === 'open';
    this.#stage = { name: 'closed' };
    this.queue.stopRetrying();
    clearTimeout(this.#pace);
    this.onClosed?.(wasOpen);
  }

  /** Set by the owner: called once. */
  onClosed: ((wasOpen: boolean) => void) | undefined;
}

function newest(timesMs: readonly number[]): number {
  let newestMs = 0;
  for (const timeMs of timesMs) if (timeMs > newestMs) newestMs = timeMs;
  return newestMs;
}

/**
 * One agent's connection.
 *
 * opened ──hello──▶ opening (earlier appends of the agent settle) ──welcome──▶ open ──▶ closed
 *    └── no hello in time, unknown version, revoked, replaced, malformed, store failing, hub stopping ──▶ closed
 */
import {
  compareMarks,
  countIn,
  limits,
  missingFrom,
  missingUpTo,
  newestOf,
  nothingReceived,
  ProtocolError,
  raisedTo,
  unionOf,
  withRange,
  type AgentUp,
  type BatchMark,
  type BatchRange,
  type ErrorCode,
  type Hello,
  type HostInfo,
  type Received,
} from '@openmanager/protocol';
import type { Logger } from 'pino';
import type {
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

/** Refused series that one connection tells of. */
const REFUSALS_TOLD = 20;

const UPTIME = 'system.uptime';

/** What outlives connections, per agent. */
export interface AgentState {
  /** What is on disk. */
  stored: Received;
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
  /** Throws `other-machine` where another machine has the agent's key. Answers whether the key moved. */
  admit(connection: AgentConnection, hello: Hello): Promise<boolean>;
  /** Waits for what an earlier connection of the agent has under way, and returns the agent's state. */
  takeOver(connection: AgentConnection): Promise<AgentState>;
  opened(connection: AgentConnection, hello: Hello): void;
  storeWorks(agentId: string): void;
  storeFails(agentId: string, error: unknown): void;
  readonly appendRetryMs: number;
  /** Whether agents may say that their hosts are simulated. */
  readonly acceptsDemo: boolean;
  /** What an agent's clock showed just now, or up to an interval ago. */
  clockRead(agentId: string, agentMs: number, intervalMs: number): void;
}

type Wait = 'admission' | 'disk' | 'pace';

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
  /** Why the socket is not read: it is not yet admitted, data waits for the disk, or came too fast. */
  readonly #waits = new Set<Wait>();
  #pace: NodeJS.Timeout | undefined;
  /** When the ping was sent that is not answered yet. */
  #pingedMs: number | undefined;
  /** The agent was told that nothing is stored for now. */
  #isUnstored = false;
  /** What was taken, stored or not yet. */
  #taken: Received = nothingReceived;
  /** First series of the sets that were refused and told of. */
  readonly #refusedSeries = new Set<string>();
  readonly #pongs = new Set<() => void>();
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
      append: (batches, rows) => context.store.append(agentId, this.#with(batches), rows),
      onStored: (batches, atOnce) => this.#stored(batches, atOnce),
      onFailed: (error, final) => {
        context.storeFails(agentId, error);
        if (final) this.end('store-unavailable');
        else this.#unstored();
      },
      onLeftOut: () => this.#sendAway('the hub stores again'),
      retryMs: context.appendRetryMs,
    });
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    socket.on('pong', () => {
      this.#ponged();
      for (const listener of this.#pongs) listener();
    });
    socket.on('close', () => this.#closed());
    // 'close' follows; AgentSocket has already sent the reason.
    socket.on('error', (error) =>
      context.log.debug({ agentId, err: error }, 'agent connection failed'),
    );
  }

  get isOpen(): boolean {
    return this.#stage.name === 'open';
  }

  /** What the agent said of itself, while the connection is open. */
  get hello(): Hello | undefined {
    return this.#stage.name === 'open' ? this.#stage.hello : undefined;
  }

  /** Whether the agent answers a ping within the time. */
  answers(withinMs: number): Promise<boolean> {
    if (this.#socket.readyState !== this.#socket.OPEN) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (answered: boolean): void => {
        clearTimeout(timer);
        this.#pongs.delete(heard);
        resolve(answered);
      };
      const heard = (): void => done(true);
      const timer = setTimeout(done, withinMs, false);
      this.#pongs.add(heard);
      this.#socket.ping();
    });
  }

  get awaitsHello(): boolean {
    return this.#stage.name === 'opened';
  }

  /** Sends the reason and closes. Batches that are not on disk stay unacknowledged, so the agent keeps them. */
  end(code: ErrorCode, detail?: string): void {
    if (this.#stage.name === 'closed') return;
    if (code === 'revoked') this.queue.discard();
    this.#closed();
    this.#readOn('admission', 'disk', 'pace');
    this.#socket.closeFor(code, detail);
  }

  /** Takes nothing more, stores and acknowledges what came, then closes. */
  async drain(): Promise<void> {
    this.#draining = true;
    await this.queue.finish();
    this.end('shutting-down');
  }

  terminate(): void {
    this.#closed();
    this.#socket.terminate();
  }

  /** Pings, and ends a connection whose peer has not answered for `silentMs`. */
  heartbeat(silentMs: number): void {
    // A paused socket cannot deliver its pong.
    if (this.#waits.size > 0) this.lastPongMs = this.#context.clock.now();
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
      case 'floor':
        this.#raise(message);
        return;
      case 'processes':
        this.#context.live.processes({
          hostId: this.agentId,
          timeMs: Math.max(0, message.timeMs - this.#stage.clock.shiftMs),
          rows: message.rows,
        });
    }
  }

  async #open(hello: Hello): Promise<void> {
    const { agentId } = this;
    const context = this.#context;
    context.clockRead(agentId, hello.nowMs, 0);
    const receivedMs = context.clock.now();
    const early: (() => void)[] = [];
    this.#stage = { name: 'opening', early };
    this.#wait('admission');
    try {
      await context.admit(this, hello);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      context.log.warn({ agentId, reason: error.message }, 'a second machine was refused');
      return this.end(error.code, error.message);
    }
    // Others may have come or gone while the first machine was asked.
    if (this.#isOver()) return;
    const state = await context.takeOver(this);
    if (this.#isOver()) return;
    const known = context.hosts.get(agentId);
    const clock = measureClock(hello.nowMs, receivedMs, known?.clockOffsetMs);
    this.#stage = { name: 'open', hello, clock };
    this.#state = state;
    this.#compare(state, hello);
    this.#socket.tell({
      type: 'welcome',
      version: hello.version,
      hostId: agentId,
      hubTimeMs: context.clock.now(),
      acknowledged: state.stored,
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
    context.opened(this, { ...hello, facts: info.facts });
    context.events.record('agent-connected', agentId, { agentVersion: hello.facts.agentVersion });
    if (clock.skewed) context.events.record('clock-skewed', agentId, { offsetMs: clock.offsetMs });
    for (const message of early) message();
    this.#readOn('admission');
  }

  #batch(bytes: Buffer): void {
    const { agentId } = this;
    const stage = this.#stage;
    const state = this.#state;
    const context = this.#context;
    if (stage.name !== 'open' || !state)
      throw new ProtocolError('invalid-input', 'The first message must be hello.');
    const read = readBatch(bytes, (id) => this.#sets.get(id));
    const { bootEpoch, seq, first = seq } = read.ok ? read.batch : read.identity;
    const cost = read.ok ? read.batch.timesMs.length * read.batch.columns.length : 0;
    this.#paced(state.bounds.batch(Math.max(cost, bytes.length)));
    const range: BatchRange = { bootEpoch, first, last: seq };
    const total = seq - first + 1;
    const known = countIn(this.#taken, range);
    if (known === total) {
      context.counters.duplicates++;
      // One that is taken but not on disk yet is acknowledged when it is.
      if (countIn(state.stored, range) === total) this.#acknowledge();
      return;
    }
    // The past, which comes beside the present.
    const isBehind = compareMarks({ bootEpoch, seq }, newestOf(this.#taken)) < 0;
    const newestRawMs = read.ok && !isBehind ? newest(read.batch.timesMs) : this.#newestRawMs;
    if (steppedBack(newestRawMs, this.#newestRawMs)) {
      this.#sendAway('the clock was set back');
      return;
    }
    this.#newestRawMs = newestRawMs;
    if (!isBehind) context.clockRead(agentId, newestRawMs, stage.hello.intervalMs);
    const receivedMs = context.clock.now();
    const clock = isBehind ? stage.clock : this.#clockNow(stage, newestRawMs, receivedMs);
    if (!read.ok || known > 0) {
      const error = read.ok
        ? new ProtocolError('invalid-input', 'Some of these batches are here already.', 'seq')
        : read.error;
      this.#reject(range, error);
      return;
    }
    const taken = withRange(this.#taken, range);
    if (taken.ranges.length > limits.receivedRanges)
      throw new ProtocolError('too-many-requests', 'Too many holes between the batches.');
    this.#taken = taken;
    const { setId, columns } = read.batch;
    const { keys } = read;
    const { timesMs, aheadMs } = hubTimes(read.batch.timesMs, clock.shiftMs, receivedMs);
    if (aheadMs > 0) this.#clockAhead(clock.offsetMs + aheadMs);
    context.counters.samples(read.samples, receivedMs);
    const steadyMs = performance.now();
    this.queue.push({ range, setId, keys, timesMs, columns, receivedMs, steadyMs });
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

  #stored(batches: readonly WaitingBatch[], atOnce: boolean): void {
    const context = this.#context;
    const state = this.#state;
    const now = context.clock.now();
    context.storeWorks(this.agentId);
    for (const batch of batches) context.counters.commit(now - batch.receivedMs);
    // What waited for a store that failed says nothing of its speed.
    if (atOnce)
      context.lag.record('commit', performance.now() - (batches[0] as WaitingBatch).steadyMs);
    if (!state) return;
    this.#isUnstored = false;
    state.stored = this.#with(batches);
    this.#acknowledge();
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
    this.#readOn('admission', 'disk', 'pace');
    this.#socket.close(SERVICE_RESTART, reason);
  }

  #acknowledge(): void {
    if (this.#state) this.#socket.tell({ type: 'ack', ...this.#state.stored });
  }

  /** What is stored once these batches are, too. */
  #with(batches: readonly WaitingBatch[]): Received {
    let stored = this.#state?.stored ?? nothingReceived;
    for (const { range } of batches) stored = withRange(stored, range);
    return stored;
  }

  /**
   * Holds what the agent was acknowledged against what is stored. What is missing was on disk here once, and the agent has
   * it no more.
   */
  #compare(state: AgentState, hello: Hello): void {
    const { agentId } = this;
    const { counters, events, log } = this.#context;
    const lost = missingFrom(hello.acknowledged, state.stored);
    if (lost > 0) {
      counters.batchesLostByHub += lost;
      events.record('batches-lost-by-hub', agentId, { lost });
      log.error({ agentId, lost }, 'batches that were acknowledged are not in the store any more');
      state.stored = unionOf(state.stored, hello.acknowledged);
    }
    this.#taken = state.stored;
    this.#raise(hello.floor);
  }

  /** The agent holds nothing up to the mark: what of it was not taken will never come. */
  #raise(mark: BatchMark): void {
    const state = this.#state;
    if (!state || compareMarks(mark, this.#taken) <= 0) return;
    const lost = missingUpTo(this.#taken, mark);
    this.#taken = raisedTo(this.#taken, mark);
    state.stored = raisedTo(state.stored, mark);
    if (lost === 0) return;
    const { agentId } = this;
    const { counters, events, log } = this.#context;
    counters.batchesLost += lost;
    events.record('batches-lost', agentId, { lost });
    log.warn({ agentId, lost }, 'batches never came: the agent could not keep them');
  }

  /** One that was packed of several comes again, one by one. */
  #reject(range: BatchRange, error: ProtocolError): void {
    const { bootEpoch, first, last } = range;
    const { counters, log } = this.#context;
    if (first === last) {
      // The agent drops it: nothing is missing when it never comes again.
      this.#taken = withRange(this.#taken, range);
      if (this.#state) this.#state.stored = withRange(this.#state.stored, range);
      counters.batchesRejected++;
      log.warn(
        { agentId: this.agentId, seq: last, code: error.code, reason: error.message },
        'batch rejected',
      );
    }
    this.#socket.tell({
      type: 'reject',
      bootEpoch,
      seq: last,
      code: error.code,
      message: error.message,
    });
  }

  #declare(id: string, keys: readonly string[]): void {
    const bounds = this.#state?.bounds;
    if (!bounds) return;
    const { agentId } = this;
    const { events, log } = this.#context;
    const { refused, leftOut } = this.#sets.declare(id, keys, (...set) =>
      bounds.series.take(...set),
    );
    if (leftOut > 0) {
      bounds.leftOut(id, leftOut);
      log.warn(
        { agentId, leftOut, of: keys.length },
        'series of the host are left out: it has more than a host may have',
      );
    }
    const first = refused[0];
    if (!first || this.#refusedSeries.has(first.key)) return;
    if (this.#refusedSeries.size < REFUSALS_TOLD) this.#refusedSeries.add(first.key);
    events.record('series-refused', agentId, { refused: refused.length, series: first.key });
    log.warn(
      { agentId, refused: refused.length, series: first.key, reason: first.reason },
      'series refused; the others are taken',
    );
  }

  #isOver(): boolean {
    return this.#stage.name !== 'opening';
  }

  /** What is beyond the agent's pace waits in its own socket and spool; nobody else waits for it. */
  #paced(waitMs: number): void {
    if (waitMs === 0 || this.#waits.has('pace')) return;
    this.#wait('pace');
    this.#pace = setTimeout(() => this.#readOn('pace'), Math.min(waitMs, LONGEST_PACE_MS));
  }

  #wait(reason: Wait): void {
    if (this.#waits.size === 0) this.#socket.pause();
    this.#waits.add(reason);
    // Its pong says nothing of how late the hub is.
    this.#pingedMs = undefined;
  }

  #readOn(...reasons: readonly Wait[]): void {
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

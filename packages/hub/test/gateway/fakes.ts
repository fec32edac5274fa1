import type {
  Alert,
  HostInfo,
  HostOutlook,
  HostStatus,
  HostSummary,
  HubEvent,
  Outlook,
  Priority,
  SystemStatus,
} from '@openmanager/protocol';
import { ProtocolError } from '@openmanager/protocol';
import type {
  AlertSource,
  Authenticator,
  EventLog,
  HistorySource,
  HostDirectory,
  HostTick,
  LateRows,
  LiveTicks,
  OutlookSource,
  ProcessTable,
  StatusSource,
  Subject,
  Unsubscribe,
} from '../../src/ports/index.ts';
import type { Timers } from '../../src/gateway/index.ts';

export const START_MS = 1_800_000_000_000;

/** Virtual time, advanced by the test. */
export class HandTime implements Timers {
  #nowMs = START_MS;
  #queue: { atMs: number; run: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const entry = { atMs: this.#nowMs + delayMs, run };
    this.#queue.push(entry);
    return () => {
      this.#queue = this.#queue.filter((other) => other !== entry);
    };
  }

  soon(run: () => void): void {
    setImmediate(run);
  }

  get pending(): number {
    return this.#queue.length;
  }

  pass(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      const due = this.#queue
        .filter((entry) => entry.atMs <= end)
        .toSorted((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#queue = this.#queue.filter((entry) => entry !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.run();
    }
    this.#nowMs = end;
  }
}

export class Listeners<A extends readonly unknown[]> {
  readonly #set = new Set<(...args: A) => void>();

  add = (listener: (...args: A) => void): Unsubscribe => {
    this.#set.add(listener);
    return () => {
      this.#set.delete(listener);
    };
  };

  tell(...args: A): void {
    for (const listener of this.#set) listener(...args);
  }
}

export class FakeLive implements LiveTicks, HostDirectory {
  readonly #time: HandTime;
  readonly #ticks = new Map<string, HostTick>();
  readonly #tick = new Listeners<[HostTick]>();
  readonly #lateRows = new Listeners<[LateRows]>();
  readonly #tables = new Listeners<[ProcessTable]>();
  readonly #infos = new Listeners<[HostInfo]>();
  readonly #removed = new Listeners<[string]>();
  onTick = this.#tick.add;
  onLate = this.#lateRows.add;
  onProcesses = this.#tables.add;
  onHostInfo = this.#infos.add;
  onRemoved = this.#removed.add;

  constructor(time: HandTime) {
    this.#time = time;
  }

  state(hostId: string): HostTick | undefined {
    return this.#ticks.get(hostId);
  }

  all(): readonly HostTick[] {
    return [...this.#ticks.values()];
  }

  info(hostId: string): HostInfo | undefined {
    return this.#ticks.has(hostId) ? infoOf(hostId) : undefined;
  }

  hosts(): readonly HostSummary[] {
    return [];
  }

  host(): undefined {
    return undefined;
  }

  processes(): ProcessTable | undefined {
    return undefined;
  }

  onStatus(): Unsubscribe {
    return () => undefined;
  }

  /** A new tick; keys are kept unless given. */
  set(
    hostId: string,
    codes: readonly number[],
    options: {
      keys?: readonly string[];
      status?: HostStatus;
      priority?: Priority;
      /** False when only the status or priority changed. */
      sample?: boolean;
    } = {},
  ): void {
    const before = this.#ticks.get(hostId);
    const keys = options.keys ?? before?.keys ?? [];
    const tick: HostTick = {
      hostId,
      timeMs: options.sample === false ? (before?.timeMs ?? 0) : this.#time.now(),
      receivedMs: options.sample === false ? (before?.receivedMs ?? 0) : this.#time.now(),
      keys,
      codes: Float64Array.from(codes),
      change: keys === before?.keys ? { kind: 'values', changed: [] } : { kind: 'keys' },
      status: options.status ?? 'online',
      priority: options.priority ?? before?.priority ?? 'low',
    };
    this.#ticks.set(hostId, tick);
    if (before === undefined) this.#infos.tell(infoOf(hostId));
    this.#tick.tell(tick);
  }

  remove(hostId: string): void {
    this.#ticks.delete(hostId);
    this.#removed.tell(hostId);
  }

  tellLate(rows: LateRows): void {
    this.#lateRows.tell(rows);
  }

  tellProcesses(table: ProcessTable): void {
    this.#tables.tell(table);
  }

  tellInfo(hostId: string): void {
    this.#infos.tell(infoOf(hostId));
  }
}

export function infoOf(hostId: string): HostInfo {
  return {
    hostId,
    facts: {
      hostname: `name-${hostId}`,
      os: 'linux',
      osName: 'Debian',
      kernel: '6.1',
      arch: 'x64',
      cpuModel: 'c',
      cpuCount: 4,
      memoryBytes: 1024,
      timeZone: 'UTC',
      agentVersion: '0.1.0',
      demo: false,
    },
    clockOffsetMs: 0,
    clockSkewed: false,
    intervalMs: 5000,
    firstSeenMs: START_MS,
  };
}

export class FakeAlerts implements AlertSource {
  readonly #changes = new Listeners<[readonly Alert[]]>();
  open: Alert[] = [];
  onChange = this.#changes.add;

  current(): readonly Alert[] {
    return this.open;
  }

  tell(...changed: Alert[]): void {
    this.open = [
      ...this.open.filter((alert) => changed.every(({ id }) => id !== alert.id)),
      ...changed.filter((alert) => alert.state !== 'resolved'),
    ];
    this.#changes.tell(changed);
  }
}

export class FakeEvents implements EventLog {
  readonly #told = new Listeners<[HubEvent]>();
  all: HubEvent[] = [];
  onEvent = this.#told.add;

  recent(limit: number): readonly HubEvent[] {
    return this.all.toReversed().slice(0, limit);
  }

  record(): void {
    throw new Error('not used');
  }

  tell(event: HubEvent): void {
    this.all.push(event);
    this.#told.tell(event);
  }
}

/** Cookies `s-NAME` and tokens `t-NAME` are good. */
export class FakeAuth implements Authenticator {
  readonly #revoked = new Listeners<[Subject]>();
  onRevoked = this.#revoked.add;

  async authenticate(credentials: {
    cookie?: string | undefined;
    bearer?: string | undefined;
  }): Promise<Subject> {
    const { bearer, cookie } = credentials;
    if (bearer !== undefined) {
      if (bearer.startsWith('t-')) return { kind: 'token', tokenId: bearer };
      if (bearer.startsWith('agent-')) return { kind: 'agent', agentId: bearer };
      throw new ProtocolError('wrong-token');
    }
    if (cookie === undefined) return { kind: 'anonymous' };
    return { kind: 'user', userId: 'u', name: 'n', role: 'viewer', sessionId: cookie };
  }

  revoke(subject: Subject): void {
    this.#revoked.tell(subject);
  }
}

export class FakeOutlooks implements OutlookSource {
  readonly #listeners = new Set<(hostId: string) => void>();
  readonly #byHost = new Map<string, HostOutlook>();

  outlook(hostId: string): HostOutlook | undefined {
    return this.#byHost.get(hostId);
  }

  onOutlook(listener: (hostId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async series(): Promise<Outlook> {
    const band = { timesMs: [1], lower: [2], upper: [null] };
    return { band, anomalies: [], forecast: null, refusal: 'not-enough-history' };
  }

  tell(hostId: string, outlook: HostOutlook): void {
    this.#byHost.set(hostId, outlook);
    for (const listener of this.#listeners) listener(hostId);
  }
}

export class FakeHistory implements HistorySource {
  calls: { hostId: string; keys: readonly string[] | undefined; fromMs: number; toMs: number }[] =
    [];
  answer: (hostId: string) => LateRows | 'too-many' = (hostId) => ({
    hostId,
    keys: [],
    timesMs: [],
    columns: [],
  });
  /** Answers wait for this. */
  gate: Promise<void> = Promise.resolve();

  async history(): Promise<{
    keys: string[];
    timesMs: number[];
    columns: number[][];
    stepMs: number;
  }> {
    await this.gate;
    return { keys: ['a'], timesMs: [1, 2], columns: [[3, 4]], stepMs: 0 };
  }

  async rows(
    hostId: string,
    keys: readonly string[] | undefined,
    fromMs: number,
    toMs: number,
  ): Promise<LateRows | 'too-many'> {
    this.calls.push({ hostId, keys, fromMs, toMs });
    await this.gate;
    return this.answer(hostId);
  }
}

export const fakeStatus: StatusSource = {
  status: (): SystemStatus => ({
    version: '0',
    startedAtMs: 0,
    timeMs: 0,
    hosts: { online: 0, stale: 0, offline: 0 },
    agentsConnected: 0,
    clientsConnected: 0,
    samplesPerSecond: 0,
    samplesStored: 0,
    storeBytes: 0,
    commitMs: { p50: 0, p99: 0 },
    deliveryMs: { p50: 0, p99: 0 },
    eventLoopMaxMs: 0,
    rssBytes: 0,
    lag: {
      loop: { p50: 0, p99: 0 },
      queue: { p50: 0, p99: 0 },
      evaluation: { p50: 0, p99: 0 },
      sweep: { p50: 0, p99: 0 },
    },
    behind: false,
    missedMs: 0,
    framesSent: 0,
    bytesSent: 0,
    dropped: {
      batchesLost: 0,
      batchesLostByHub: 0,
      batchesRejected: 0,
      duplicates: 0,
      rowsRepeated: 0,
      seriesLeftOut: 0,
      connectionsRefused: 0,
      agentsDeferred: 0,
      framesCoalesced: 0,
    },
    slowClients: { lagging: 0, evicted: 0, worst: [] },
  }),
};

export function alertOf(id: string, fields: Partial<Alert> = {}): Alert {
  return {
    id,
    ruleId: 'r',
    target: { id: 'h', kind: 'host', name: 'h' },
    severity: 'warning',
    state: 'firing',
    metric: 'system.cpu.utilization',
    attributes: {},
    value: 1,
    threshold: 0.85,
    activeAtMs: START_MS,
    sampleTimeMs: START_MS,
    summary: 's',
    ...fields,
  };
}

export function eventOf(id: number, detail: HubEvent['detail'] = {}): HubEvent {
  return { id, timeMs: START_MS + id, kind: 'hub-started', detail };
}

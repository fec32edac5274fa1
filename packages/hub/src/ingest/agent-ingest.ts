import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  limits,
  nothingReceived,
  ProtocolError,
  type AgentExcess,
  type Hello,
} from '@openmanager/protocol';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import {
  missedNothing,
  refuse,
  unmeasured,
  type Authenticator,
  type Authorize,
  type Clock,
  type Connections,
  type EventLog,
  type HealthIssues,
  type LagMeter,
  type LiveInput,
  type Pulse,
  type SampleStore,
  type Service,
  type Unsubscribe,
  type Watchers,
} from '../ports/index.ts';
import { agentLimitDefaults, AgentBounds, excessText, type AgentLimits } from './agent-limits.ts';
import { AgentAdmission, type AdmissionOptions } from './agent-admission.ts';
import { AgentSocket } from './agent-socket.ts';
import { AgentConnection, type AgentState, type ConnectionContext } from './connection.ts';
import { IngestCounters, type IngestStats } from './ingest-counters.ts';
import { type KnownMachine, MachineGuard } from './machine-guard.ts';

/** Where agents connect. */
export const AGENT_PATH = '/api/v1/agent';
export const AGENT_SUBPROTOCOL = 'openmanager.agent';

export interface AgentIngestOptions {
  readonly clock: Clock;
  readonly store: SampleStore;
  readonly authenticator: Authenticator;
  readonly authorize: Authorize;
  readonly live: LiveInput;
  readonly events: EventLog;
  readonly watchers: Watchers;
  readonly hosts: ConnectionContext['hosts'];
  readonly connections?: Connections | undefined;
  readonly log: Logger;
  /** Whether agents may say that their hosts are simulated: the demo's own hub. @default false */
  readonly acceptsDemo?: boolean;
  readonly limits?: AgentLimits;
  /** Told when agents are beyond their limits. @default nobody */
  readonly issues?: Pick<HealthIssues, 'set' | 'clear'>;
  /** @default the hub misses nothing */
  readonly pulse?: Pulse;
  /** @default nothing is measured */
  readonly lag?: LagMeter;
  /** Whether the hub is late: agents are let in more slowly. @default never */
  readonly isLate?: () => boolean;
  /** At which rate agents are let in. */
  readonly admission?: AdmissionOptions;
  /** What an agent's clock showed just now, or up to an interval ago. */
  readonly clockRead?: ConnectionContext['clockRead'];
  /** What an agent said of itself when it connected; without it, the agent left. */
  agentSeen(
    agentId: string,
    seen?: {
      hostname: string;
      agentVersion: string;
      demo: boolean;
      machine?: string;
    },
  ): void;
  /** What is known of an agent from before. @default nothing */
  knownAgent?: (agentId: string) => KnownMachine | undefined;
  /** A sentence on what is wrong, for as long as it is; undefined when it is over. */
  problem?: (part: string, sentence: string | undefined) => void;
  /** Called with the store's error, or undefined when appends succeed again. */
  storeTrouble(error: unknown): void;
  /** @default 5000 */
  readonly pingMs?: number;
  /** Silence after which a connection is ended. @default 15_000 */
  readonly silentMs?: number;
  /** @default 10_000 */
  readonly helloTimeoutMs?: number;
  /** Pause between attempts to store. @default 1000 */
  readonly appendRetryMs?: number;
}

type Defaulted =
  | 'pingMs'
  | 'silentMs'
  | 'helloTimeoutMs'
  | 'appendRetryMs'
  | 'pulse'
  | 'clockRead'
  | 'acceptsDemo'
  | 'knownAgent'
  | 'problem'
  | 'lag'
  | 'isLate';

export const agentIngestDefaults: Required<Pick<AgentIngestOptions, Defaulted>> = {
  pingMs: 5000,
  silentMs: 15_000,
  helloTimeoutMs: 10_000,
  appendRetryMs: 1000,
  pulse: missedNothing,
  clockRead: () => undefined,
  knownAgent: () => undefined,
  problem: () => undefined,
  acceptsDemo: false,
  lag: unmeasured,
  isLate: () => false,
};

/** Agents beyond their limits that a problem names. */
const EXCESS_NAMED = 3;

/** Time for the close frame to be answered by an agent that is sent away. */
const CLOSE_TIMEOUT_MS = 5_000;

/** Time for close frames to be answered at a stop. */
const CLOSE_GRACE_MS = 300;

/** The agents' WebSocket server, on one path of the shared HTTP server. */
export class AgentIngest implements Service {
  readonly #options: AgentIngestOptions & Required<Pick<AgentIngestOptions, Defaulted>>;
  readonly #server: WebSocketServer;
  readonly #context: ConnectionContext;
  readonly #counters = new IngestCounters();
  readonly #machines: MachineGuard;
  readonly #limits: Required<AgentLimits>;
  readonly #admission: AgentAdmission;
  readonly #states = new Map<string, AgentState>();
  /** Every connection, from its upgrade on. */
  readonly #all = new Set<AgentConnection>();
  /** The current connection of each agent, from its hello on. */
  readonly #current = new Map<string, AgentConnection>();
  readonly #unsubscribes: Unsubscribe[] = [];
  #pings: NodeJS.Timeout | undefined;
  /** By agent: why its newest rows could not be stored. */
  readonly #storeFailures = new Map<string, string>();
  #isStoreFailing = false;
  #stopping = false;

  constructor(options: AgentIngestOptions) {
    this.#options = { ...agentIngestDefaults, ...options };
    const { clock, store, live, events, watchers, log, hosts } = this.#options;
    const { appendRetryMs, clockRead, acceptsDemo, pulse, lag, isLate } = this.#options;
    this.#admission = new AgentAdmission(options.admission ?? {}, isLate);
    this.#limits = { ...agentLimitDefaults, ...options.limits };
    // Known to ws, and not yet to its types.
    const closing = { closeTimeout: CLOSE_TIMEOUT_MS };
    this.#server = new WebSocketServer({
      ...closing,
      noServer: true,
      maxPayload: limits.agentMessageBytes,
      perMessageDeflate: false,
      WebSocket: AgentSocket,
      handleProtocols: (offered) => (offered.has(AGENT_SUBPROTOCOL) ? AGENT_SUBPROTOCOL : false),
    });
    this.#machines = new MachineGuard({
      clock,
      events,
      known: this.#options.knownAgent,
      problem: this.#options.problem,
    });
    this.#context = {
      clock,
      store,
      live,
      events,
      watchers,
      hosts,
      log,
      appendRetryMs,
      clockRead,
      acceptsDemo,
      pulse,
      lag,
      counters: this.#counters,
      takeOver: (connection) => this.#takeOver(connection),
      admit: (connection, hello) => this.#admit(connection, hello),
      opened: ({ agentId }, { machine, facts: { hostname, agentVersion, demo } }) =>
        options.agentSeen(agentId, {
          hostname,
          agentVersion,
          demo,
          ...(machine === undefined ? {} : { machine }),
        }),
      storeWorks: (agentId) => this.#storeWorks(agentId),
      storeFails: (agentId, error) => this.#storeFails(agentId, error),
    };
  }

  /** One line of the log for each reason, however many agents there are. */
  #storeFails(agentId: string, error: unknown): void {
    const { log, storeTrouble } = this.#options;
    const reason = failureOf(error);
    const isKnown = [...this.#storeFailures.values()].includes(reason);
    this.#storeFailures.set(agentId, reason);
    if (isKnown) return;
    this.#isStoreFailing = true;
    log.error({ reason }, 'the store does not take samples; agents keep theirs');
    storeTrouble(error);
  }

  #storeWorks(agentId: string): void {
    this.#storeFailures.delete(agentId);
    if (!this.#isStoreFailing || this.#storeFailures.size > 0) return;
    this.#isStoreFailing = false;
    // At the level of what it ends, or the log would close with the failure.
    this.#options.log.warn('the store takes samples again');
    this.#options.storeTrouble(undefined);
  }

  async run(): Promise<void> {
    const { store, authenticator, watchers, pulse, pingMs, silentMs } = this.#options;
    for (const [agentId, stored] of await store.watermarks())
      this.#state(agentId).stored = {
        ...stored,
        ranges: stored.ranges ?? [],
      };
    this.#unsubscribes.push(
      authenticator.onRevoked((subject) => {
        if (subject.kind === 'agent') this.#cut(subject.agentId);
      }),
      watchers.onWatched((hostId) => this.#current.get(hostId)?.cadence()),
      pulse.onMissed((ms) => this.#missed(ms)),
    );
    this.#pings = setInterval(() => {
      pulse.check();
      for (const connection of this.#all) connection.heartbeat(silentMs);
      this.#machines.sweep();
      this.#tellExcess();
    }, pingMs);
  }

  /** Handles the upgrade if its path is ours; returns whether it is. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    if (request.url?.split('?', 1)[0] !== AGENT_PATH) return false;
    void this.#handshake(request, socket, head).catch((error: unknown) => {
      if (!(error instanceof ProtocolError))
        this.#options.log.error({ err: error }, 'agent handshake failed');
      refuse(socket, error instanceof ProtocolError ? error : new ProtocolError('internal'));
    });
    return true;
  }

  isConnected(agentId: string): boolean {
    return this.#current.get(agentId)?.isOpen ?? false;
  }

  /** Agents whose connection is open. */
  get connected(): number {
    let open = 0;
    for (const connection of this.#current.values()) if (connection.isOpen) open++;
    return open;
  }

  /** For how long the oldest batch of all agents has been waiting for a store that works, ms. */
  get storeWaitMs(): number {
    let longest = 0;
    for (const { queue } of this.#all) longest = Math.max(longest, queue.waitMs);
    return longest;
  }

  /** Beyond which of its limits an agent is; undefined: none. */
  excess(agentId: string): AgentExcess | undefined {
    return this.#states.get(agentId)?.bounds.excess();
  }

  stats(): IngestStats {
    let seriesLeftOut = 0;
    for (const { bounds } of this.#states.values()) seriesLeftOut += bounds.seriesLeftOut;
    return {
      ...this.#counters.figures(this.connected, this.#options.clock.now()),
      agentsDeferred: this.#admission.deferred,
      seriesLeftOut,
    };
  }

  /** The hub's time moved: rows that come now are not older than those before. */
  clockMoved(stepMs: number): void {
    const nowMs = this.#options.clock.now();
    for (const state of this.#states.values())
      state.newestLiveMs = Math.min(state.newestLiveMs, nowMs);
    for (const connection of this.#all) connection.clockMoved(stepMs);
  }

  /** Ends the agent's connections at once, waits for appends in flight, and drops its state. */
  async forget(agentId: string): Promise<void> {
    await Promise.all(this.#cut(agentId).map((connection) => connection.queue.settled()));
    this.#states.delete(agentId);
    this.#machines.forget(agentId);
  }

  async drain(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#all].map((connection) => connection.drain()));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#pings);
    for (const unsubscribe of this.#unsubscribes.splice(0)) unsubscribe();
    for (const connection of this.#all) connection.end('shutting-down');
    const deadline = Date.now() + CLOSE_GRACE_MS;
    while (this.#server.clients.size > 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 10));
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  async #handshake(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    if (this.#stopping) throw new ProtocolError('shutting-down');
    const { authenticator, authorize, connections, helloTimeoutMs } = this.#options;
    const bearer = /^Bearer (\S{1,255})$/i.exec(request.headers.authorization ?? '')?.[1];
    const subject = await authenticator.authenticate({ bearer });
    const agentId = subject.kind === 'agent' ? subject.agentId : undefined;
    authorize(subject, 'agent:push', { kind: 'agent', id: agentId ?? '' });
    if (agentId === undefined) throw new ProtocolError('forbidden');
    const waitMs = this.#state(agentId).bounds.connects();
    if (waitMs > 0) {
      this.#counters.connectionsRefused++;
      throw new ProtocolError('too-many-requests', undefined, undefined, waitMs);
    }
    const turnMs = this.#admission.enter();
    if (turnMs > 0)
      throw new ProtocolError(
        'too-many-requests',
        'The hub lets agents in one after the other.',
        undefined,
        turnMs,
      );
    connections?.known(socket, subject);
    this.#server.handleUpgrade(request, socket, head, (client) => {
      const connection = new AgentConnection(client as AgentSocket, agentId, this.#context);
      this.#all.add(connection);
      const timeout = setTimeout(() => {
        if (connection.awaitsHello) connection.end('invalid-input', 'No hello came in time.');
      }, helloTimeoutMs);
      connection.onClosed = (wasOpen) => {
        clearTimeout(timeout);
        this.#closed(connection, wasOpen);
      };
    });
  }

  #tellExcess(): void {
    const { issues, hosts } = this.#options;
    const told: string[] = [];
    let count = 0;
    for (const [agentId, { bounds }] of this.#states) {
      const excess = bounds.excess();
      if (!excess || ++count > EXCESS_NAMED) continue;
      told.push(`${hosts.get(agentId)?.facts.hostname ?? agentId} (${excessText(excess)})`);
    }
    if (count === 0) {
      issues?.clear('agents');
      return;
    }
    const more = count > EXCESS_NAMED ? ` and ${count - EXCESS_NAMED} more` : '';
    issues?.set(
      'agents',
      `Agents ask more of the hub than one host may: ${told.join(', ')}${more}. Look at what they send, or raise the limit where it is right.`,
    );
  }

  #missed(ms: number): void {
    const nowMs = this.#options.clock.now();
    for (const connection of this.#all) connection.missed(ms, nowMs);
  }

  #admit(connection: AgentConnection, hello: Hello): Promise<boolean> {
    const { agentId } = connection;
    const current = this.#current.get(agentId);
    const first = current?.hello && {
      hello: current.hello,
      answers: (ms: number) => current.answers(ms),
    };
    return this.#machines.admit(agentId, hello, first);
  }

  async #takeOver(connection: AgentConnection): Promise<AgentState> {
    const { agentId } = connection;
    const previous = this.#current.get(agentId);
    this.#current.set(agentId, connection);
    previous?.end('replaced-connection');
    // An earlier connection may still have an append under way, whose outcome decides the watermark.
    const others = [...this.#all, ...(previous ? [previous] : []), ...this.#settling];
    await Promise.all(
      others
        .filter((other) => other !== connection && other.agentId === agentId)
        .map((other) => other.queue.settled()),
    );
    return this.#state(agentId);
  }

  readonly #settling = new Set<AgentConnection>();

  #closed(connection: AgentConnection, wasOpen: boolean): void {
    const { agentId } = connection;
    this.#all.delete(connection);
    this.#settling.add(connection);
    void connection.queue.settled().finally(() => this.#settling.delete(connection));
    if (this.#current.get(agentId) === connection) this.#current.delete(agentId);
    if (!this.#current.has(agentId)) this.#storeFailures.delete(agentId);
    if (!wasOpen || this.#current.has(agentId)) return;
    this.#options.live.connected(agentId, false);
    this.#options.agentSeen(agentId);
    this.#options.events.record('agent-disconnected', agentId, {});
  }

  #cut(agentId: string): AgentConnection[] {
    const own = [...this.#all, ...this.#settling].filter(
      (connection) => connection.agentId === agentId,
    );
    for (const connection of own) connection.end('revoked');
    return own;
  }

  #state(agentId: string): AgentState {
    const known = this.#states.get(agentId);
    if (known) return known;
    const state: AgentState = {
      stored: nothingReceived,
      newestLiveMs: 0,
      uptimeSeconds: undefined,
      bounds: new AgentBounds(this.#limits),
    };
    this.#states.set(agentId, state);
    return state;
  }
}

/** What lasts has one text, however often it is told. */
function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? `${String(error.code)}: ${error.message}` : error.message;
}

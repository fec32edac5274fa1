import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EventKind, HostInfo, HubEvent } from '@openmanager/protocol';
import { pino } from 'pino';
import { Auth, authorize } from '../../src/auth/index.ts';
import { AgentIngest, type AgentIngestOptions } from '../../src/ingest/index.ts';
import {
  systemClock,
  type Clock,
  type HostUpdate,
  type LateRows,
  type ProcessTable,
} from '../../src/ports/index.ts';
import { MemoryStore } from './memory-store.ts';
import { TestAgent, type Down } from './test-agent.ts';
import type { Hello } from '@openmanager/protocol';

/** Real sockets around AgentIngest; everything it hands on is recorded. */
export class IngestHarness {
  readonly store: MemoryStore;
  readonly auth: Auth;
  readonly ingest: AgentIngest;
  readonly url: string;
  readonly updates: HostUpdate[] = [];
  readonly late: LateRows[] = [];
  readonly processes: ProcessTable[] = [];
  readonly infos: HostInfo[] = [];
  readonly connections: boolean[] = [];
  readonly events: { kind: EventKind; detail: HubEvent['detail'] }[] = [];
  readonly troubles: unknown[] = [];
  readonly watched = new Set<string>();
  readonly #agents: TestAgent[] = [];
  readonly #watchListeners = new Set<(hostId: string, watched: boolean) => void>();
  readonly #server: Server;

  private constructor(
    store: MemoryStore,
    auth: Auth,
    server: Server,
    options: Partial<AgentIngestOptions>,
  ) {
    this.store = store;
    this.auth = auth;
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const hosts = new Map<string, HostInfo>();
    this.ingest = new AgentIngest({
      clock: systemClock,
      store,
      authenticator: auth,
      authorize,
      live: {
        update: (update) => this.updates.push(update),
        late: (rows) => this.late.push(rows),
        processes: (table) => this.processes.push(table),
        hostInfo: (info) => this.infos.push(info),
        connected: (_, connected) => this.connections.push(connected),
        removeHost: () => undefined,
      },
      events: {
        recent: () => [],
        record: (kind, _, detail) => this.events.push({ kind, detail }),
        onEvent: () => () => undefined,
      },
      watchers: {
        isWatched: (hostId) => this.watched.has(hostId),
        onWatched: (listener) => {
          this.#watchListeners.add(listener);
          return () => this.#watchListeners.delete(listener);
        },
      },
      hosts: {
        get: (hostId) => hosts.get(hostId),
        put: (info) => {
          hosts.set(info.hostId, info);
          return info;
        },
      },
      log: pino({ level: 'silent' }),
      agentSeen: () => undefined,
      storeTrouble: (error) => this.troubles.push(error),
      appendRetryMs: 5,
      ...options,
    });
    server.on('upgrade', (request, socket, head) => this.ingest.upgrade(request, socket, head));
  }

  static async open(
    options: Partial<AgentIngestOptions> = {},
    store: MemoryStore = new MemoryStore(),
  ): Promise<IngestHarness> {
    const clock: Clock = systemClock;
    const auth = await Auth.open({
      records: store,
      clock,
      passwordCost: { memoryKib: 64, passes: 1, parallelism: 1 },
    });
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const harness = new IngestHarness(store, auth, server, options);
    await harness.ingest.run();
    return harness;
  }

  async enrol(hostname = 'box'): Promise<{ agentId: string; key: string }> {
    return this.auth.localAgentKey(hostname);
  }

  async connect(
    key: string,
    hello: Partial<Hello> = {},
  ): Promise<{ agent: TestAgent; welcome: Down<'welcome'> }> {
    const opened = await TestAgent.open(this.url, key, hello);
    this.#agents.push(opened.agent);
    return opened;
  }

  agent(key: string): TestAgent {
    const agent = new TestAgent(this.url, key);
    this.#agents.push(agent);
    return agent;
  }

  watch(hostId: string, watched: boolean): void {
    if (watched) this.watched.add(hostId);
    else this.watched.delete(hostId);
    for (const listener of this.#watchListeners) listener(hostId, watched);
  }

  eventsOf(kind: EventKind): HubEvent['detail'][] {
    return this.events.filter((event) => event.kind === kind).map((event) => event.detail);
  }

  async close(): Promise<void> {
    for (const agent of this.#agents) agent.socket.terminate();
    await this.ingest.stop();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

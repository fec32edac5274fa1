import {
  ProtocolError,
  type Enrolled,
  type HostInfo,
  type HostStatus,
  type Target,
} from '@openmanager/protocol';
import type { RecordStore } from '@openmanager/store';
import type {
  AgentAccounts,
  AgentSeen,
  Clock,
  EventLog,
  HealthIssues,
  KnownHosts,
  Service,
  Unsubscribe,
} from '../ports/index.ts';
import { StoredEventLog } from './event-log.ts';
import type { HostNameBook } from './host-names.ts';
import { HostRegistry } from './host-registry.ts';
import { HostTags } from './host-tags.ts';
import { HostTargets } from './host-targets.ts';

const RETRY_MS = 1_000;

export interface HostLifecycleOptions {
  readonly records: RecordStore;
  readonly clock: Clock;
  readonly issues: HealthIssues;
  readonly agents: AgentAccounts;
  readonly names: HostNameBook;
}

interface HostParts {
  readonly registry: HostRegistry;
  readonly tags: HostTags;
  readonly events: StoredEventLog;
}

type InfoListener = (info: HostInfo) => void;

/**
 * The hosts there are, from the enrolment of their agents to their removal, and the log of what happened to them.
 * Other domains listen to what concerns them; none is called from here.
 */
export class HostLifecycle implements KnownHosts, Service {
  readonly #options: HostLifecycleOptions;
  readonly #registry: HostRegistry;
  readonly #tags: HostTags;
  readonly #targets: HostTargets;
  readonly #events: StoredEventLog;
  readonly #onInfo = new Set<InfoListener>();
  readonly #onTags = new Set<InfoListener>();
  readonly #onRevoked = new Set<(hostId: string) => void>();
  readonly #onRemoved = new Set<(hostId: string) => void | Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: HostLifecycleOptions, parts: HostParts) {
    this.#options = options;
    this.#registry = parts.registry;
    this.#tags = parts.tags;
    this.#targets = new HostTargets(parts.registry, parts.tags);
    this.#events = parts.events;
  }

  static async open(options: HostLifecycleOptions): Promise<HostLifecycle> {
    return new HostLifecycle(options, {
      registry: await HostRegistry.open(options),
      tags: await HostTags.open(options.records),
      events: await StoredEventLog.open(options),
    });
  }

  async run(): Promise<void> {
    this.#timer = setInterval(() => {
      this.#events.retry();
      this.#registry.retry();
    }, RETRY_MS);
  }

  async drain(): Promise<void> {
    clearInterval(this.#timer);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#events.drain();
  }

  get events(): EventLog & Pick<StoredEventLog, 'recent'> {
    return this.#events;
  }

  all(): readonly HostInfo[] {
    return this.#registry.all();
  }

  get(hostId: string): HostInfo | undefined {
    return this.#registry.get(hostId);
  }

  hasHost(hostId: string): boolean {
    return this.#registry.get(hostId) !== undefined;
  }

  hostname(hostId: string): string | undefined {
    return this.#options.names.hostname(hostId);
  }

  target(hostId: string): Target | undefined {
    return this.#targets.get(hostId);
  }

  tagged(): ReturnType<HostTags['all']> {
    return this.#tags.all();
  }

  isExpected(hostId: string): boolean {
    const agent = this.#options.agents.agent(hostId);
    return agent !== undefined && agent.revokedAtMs === undefined;
  }

  onInfo(listener: InfoListener): Unsubscribe {
    this.#onInfo.add(listener);
    return () => this.#onInfo.delete(listener);
  }

  onTags(listener: InfoListener): Unsubscribe {
    this.#onTags.add(listener);
    return () => this.#onTags.delete(listener);
  }

  onRevoked(listener: (hostId: string) => void): Unsubscribe {
    this.#onRevoked.add(listener);
    return () => this.#onRevoked.delete(listener);
  }

  onRemoved(listener: (hostId: string) => void | Promise<void>): Unsubscribe {
    this.#onRemoved.add(listener);
    return () => this.#onRemoved.delete(listener);
  }

  /** The agent described its host. Answers the host as it is known from here on: its name is its own. */
  put(told: HostInfo): HostInfo {
    const { hostId, facts } = told;
    const before = this.hostname(hostId);
    const info = this.#registry.put(told);
    const name = info.facts.hostname;
    if (name !== facts.hostname && name !== before)
      this.#events.record('host-name-taken', hostId, { hostname: facts.hostname, name });
    for (const listener of this.#onInfo) listener(info);
    return info;
  }

  async setTags(hostId: string, given: readonly string[]): Promise<readonly string[]> {
    const info = this.#registry.get(hostId);
    if (!info) throw new ProtocolError('not-found');
    const tags = await this.#tags.set(hostId, given);
    for (const listener of this.#onTags) listener(info);
    return tags;
  }

  /** Samples stopped or came again. */
  statusChanged(hostId: string, status: HostStatus, previous: HostStatus): void {
    if (status === 'stale') this.#events.record('host-stale', hostId, {});
    else if (status === 'online' && previous !== 'online')
      this.#events.record('host-recovered', hostId, {});
  }

  agentSeen(agentId: string, seen?: AgentSeen): void {
    const { agents, issues } = this.#options;
    agents.agentSeen(agentId, seen).catch((error: unknown) => issues.store(error));
  }

  agentEnrolled(agentId: string, hostname: string): void {
    this.#events.record('agent-enrolled', agentId, { hostname });
  }

  /** The key of an agent that runs beside the hub. */
  async localAgentKey(hostname: string): Promise<Enrolled> {
    const { agents } = this.#options;
    const before = new Set(agents.agents().map((agent) => agent.agentId));
    const enrolled = await agents.localAgentKey(hostname);
    if (!before.has(enrolled.agentId)) this.agentEnrolled(enrolled.agentId, hostname);
    return enrolled;
  }

  /** Throws `not-found`. */
  async revokeAgent(agentId: string): Promise<void> {
    const { hostname } = await this.#options.agents.revokeAgent(agentId);
    this.#events.record('agent-revoked', agentId, { hostname });
    for (const listener of this.#onRevoked) listener(agentId);
  }

  /** Throws `not-found`. Each step can be repeated, so that a removal that failed half-way can be asked for again. */
  async removeHost(hostId: string): Promise<void> {
    const isExpected = this.isExpected(hostId);
    if (!isExpected && !this.hasHost(hostId)) throw new ProtocolError('not-found');
    if (isExpected) await this.revokeAgent(hostId);
    for (const listener of [...this.#onRemoved].toReversed()) await listener(hostId);
    await this.#tags.remove(hostId);
    await this.#registry.remove(hostId);
    this.#events.hostRemoved(hostId);
  }
}

import type { AgentExcess, Enrolled, HostInfo, HostTags, Target } from '@openmanager/protocol';
import type { Unsubscribe } from './live.ts';

/** Names of hosts. */
export interface HostNames {
  /** As the agent said it last. */
  hostname(hostId: string): string | undefined;
}

/** Hosts that are known: as their agents described them last, and as people tagged them. */
export interface KnownHosts extends HostNames {
  all(): readonly HostInfo[];
  hasHost(hostId: string): boolean;
  /** The host with its labels: facts, and the tags that people gave it. The same object until something changes. */
  target(hostId: string): Target | undefined;
  /** Hosts that carry tags. */
  tagged(): readonly HostTags[];
  /** Resolves when they are durable. Throws `not-found`. */
  setTags(hostId: string, tags: readonly string[]): Promise<readonly string[]>;
  /** Whether its agent may come back: it is enrolled and not revoked. */
  isExpected(hostId: string): boolean;
  /** The agent described the host. */
  onInfo(listener: (info: HostInfo) => void): Unsubscribe;
  onTags(listener: (info: HostInfo) => void): Unsubscribe;
  /** The agent may not come back; what is known of the host stays. */
  onRevoked(listener: (hostId: string) => void): Unsubscribe;
  /**
   * The host is forgotten. Listeners are awaited one after the other, the newest first, so that what feeds others
   * lets go before them. One that fails ends the removal, which can be repeated from the start.
   */
  onRemoved(listener: (hostId: string) => void | Promise<void>): Unsubscribe;
}

/** What an agent said of itself when it connected. */
export interface AgentSeen {
  readonly hostname: string;
  readonly agentVersion: string | null;
  readonly demo: boolean;
  /** Fingerprint of the machine that has the key; left out where it told none. */
  readonly machine?: string | undefined;
}

export interface AgentAccount extends AgentSeen {
  readonly agentId: string;
  readonly enrolledAtMs: number;
  readonly lastSeenAtMs: number | null;
  readonly revokedAtMs?: number;
}

/** The keys of agents. An agent's id is its host's. */
export interface AgentAccounts {
  /** Those that are not revoked, oldest first. */
  agents(): readonly AgentAccount[];
  /** One that was revoked lately too. */
  agent(agentId: string): AgentAccount | undefined;
  /** One agent per hostname; each call ends the key before. */
  localAgentKey(hostname: string): Promise<Enrolled>;
  /** Without `seen` it left. */
  agentSeen(agentId: string, seen?: AgentSeen): Promise<void>;
  /** Throws `not-found`. */
  revokeAgent(agentId: string): Promise<AgentAccount>;
}

/** Whose connections are open. */
export interface AgentConnections {
  isConnected(agentId: string): boolean;
  /** Beyond which of its limits an agent is. */
  excess(agentId: string): AgentExcess | undefined;
}

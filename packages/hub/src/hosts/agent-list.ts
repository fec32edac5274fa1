import type { AgentInfo } from '@openmanager/protocol';
import { agentReport, type NewestValues } from './agent-report.ts';
import type { AgentAccounts, AgentConnections, HostDirectory } from '../ports/index.ts';

/** Agents as people see them, oldest first. */
export function agentList(
  accounts: Pick<AgentAccounts, 'agents'>,
  connections: AgentConnections,
  hosts: Pick<HostDirectory, 'host'>,
  newest: (hostId: string) => NewestValues | undefined,
): readonly AgentInfo[] {
  return accounts
    .agents()
    .map(({ agentId, hostname, enrolledAtMs, lastSeenAtMs, agentVersion, demo }) => ({
      agentId,
      hostname,
      connected: connections.isConnected(agentId),
      enrolledAtMs,
      lastSeenAtMs: hosts.host(agentId)?.lastSampleAtMs ?? lastSeenAtMs,
      agentVersion,
      demo,
      excess: connections.excess(agentId),
      report: agentReport(newest(agentId)),
    }));
}

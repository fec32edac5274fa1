import { ProtocolError } from '@openmanager/protocol';
import { StoreError } from '@openmanager/store';
import type { Logger } from 'pino';
import type { Alerts } from '../alerts/index.ts';
import type { ApiContext } from '../api/index.ts';
import { authorize, type Auth } from '../auth/index.ts';
import type { StoredPast } from '../history/index.ts';
import { agentList, type HostLifecycle } from '../hosts/index.ts';
import type { AgentIngest } from '../ingest/index.ts';
import type { HubOutlook } from '../outlook/index.ts';
import type { HealthIssues } from '../ports/index.ts';
import type { LiveStream } from '../stream/index.ts';
import type { HubOptions } from './options.ts';
import type { Places } from './places.ts';
import { hubVersion, type HubStatus } from './status.ts';

export interface ApiParts {
  readonly options: HubOptions;
  readonly log: Logger;
  readonly issues: HealthIssues;
  readonly auth: Auth;
  readonly hosts: HostLifecycle;
  readonly alerts: Alerts;
  readonly outlook: HubOutlook;
  readonly past: StoredPast;
  readonly live: LiveStream;
  readonly ingest: AgentIngest;
  readonly status: HubStatus;
  readonly places: Places;
}

/** The parts of the hub as the API sees them. */
export function apiContext(parts: ApiParts): ApiContext {
  const { options, issues, auth, hosts, alerts, outlook, past, live, ingest, status } = parts;
  return {
    auth,
    authorize,
    hosts: live,
    target: (id) => hosts.target(id),
    history: past.history,
    replay: past.replay,
    outlooks: outlook,
    promql: past.promql,
    transfer: past.transfer,
    remote: past.remote,
    status,
    storage: () => past.storage.storage(),
    connections: parts.places,
    trustClock: () => past.condition.trustClock(),
    log: parts.log.child({ part: 'api' }),
    version: hubVersion,
    allowOrigins: options.allowOrigins ?? [],
    dashboardFolder: options.dashboardFolder,
    knownError: (error) =>
      error instanceof StoreError ? new ProtocolError('store-unavailable') : undefined,
    uptimeSeconds: () => status.uptimeSeconds(),
    health: () => issues.status(),
    problems: () => issues.list(),
    problemParts: () => issues.parts(),
    agents: () => agentList(auth, ingest, live, (hostId) => live.newest(hostId)),
    alerts: () => alerts.current(),
    alertHistory: (limit, beforeMs) => alerts.history(limit, beforeMs),
    rules: () => alerts.rules(),
    alertDesk: alerts.desk,
    anomalies: (limit) => outlook.anomalies(limit),
    anomaly: (id) => outlook.anomaly(id),
    judgeAnomaly: (id, isNormal, subject) =>
      isNormal
        ? outlook.acceptNormal(id, subject.kind === 'user' ? subject.name : subject.kind)
        : outlook.undoNormal(id),
    events: (limit, beforeId) => hosts.events.recent(limit, beforeId),
    series: (hostId) => past.history.series(hostId),
    removeHost: (hostId) => hosts.removeHost(hostId),
    revokeAgent: (agentId) => hosts.revokeAgent(agentId),
    agentEnrolled: (agentId, hostname) => hosts.agentEnrolled(agentId, hostname),
    samplesReceived: () => ingest.stats().samplesReceived,
    places: () => parts.places.stats(),
  };
}

import { ProtocolError } from '@openmanager/protocol';
import { StoreError } from '@openmanager/store';
import type { Logger } from 'pino';
import type { ApiContext } from '../api/index.ts';
import { authorize } from '../auth/index.ts';
import type {
  HistoryJson,
  HistorySource,
  HistoryTransfer,
  PromqlSource,
  RemoteDelivery,
  ReplaySource,
} from '../ports/index.ts';
import type { ControlParts, HubControl } from '../hosts/host-lifecycle.ts';
import type { AlertSettings } from '../alerts/alert-settings.ts';
import { alertDesk } from '../alerts/alert-desk.ts';
import type { Backtester } from '../alerts/backtest.ts';
import type { HubOptions } from './options.ts';
import { hubVersion, type HubStatus } from './status.ts';
import type { StorageWatch } from '../history/storage-watch.ts';

interface ApiParts extends ControlParts {
  readonly history: HistorySource & HistoryJson;
  readonly replay: ReplaySource;
  readonly promql: PromqlSource;
  readonly transfer: HistoryTransfer;
  readonly remote: RemoteDelivery | undefined;
  readonly status: HubStatus;
  readonly storage: StorageWatch;
  readonly control: HubControl;
  readonly log: Logger;
  readonly options: HubOptions;
  readonly settings: AlertSettings;
  readonly backtester: Backtester;
}

/** The parts of the hub as the API sees them. */
export function apiContext(parts: ApiParts): ApiContext {
  const {
    auth,
    live,
    history,
    replay,
    outlooks,
    promql,
    transfer,
    remote,
    status,
    control,
    log,
    options,
    problems,
    ingest,
    alerts,
    events,
  } = parts;
  return {
    auth,
    authorize,
    hosts: live,
    history,
    replay,
    outlooks,
    promql,
    transfer,
    remote,
    status,
    storage: () => parts.storage.storage(),
    log: log.child({ part: 'api' }),
    version: hubVersion,
    allowOrigins: options.allowOrigins ?? [],
    dashboardFolder: options.dashboardFolder,
    knownError: (error) =>
      error instanceof StoreError ? new ProtocolError('store-unavailable') : undefined,
    uptimeSeconds: () => status.uptimeSeconds(),
    problems: () => problems.list(),
    agents: () =>
      auth.agents().map(({ agentId, hostname, enrolledAtMs, lastSeenAtMs, agentVersion, demo }) => {
        const connected = ingest.isConnected(agentId);
        return {
          agentId,
          hostname,
          connected,
          enrolledAtMs,
          lastSeenAtMs: live.host(agentId)?.lastSampleAtMs ?? lastSeenAtMs,
          agentVersion,
          demo,
        };
      }),
    alerts: () => alerts.current(),
    alertHistory: (limit, beforeMs) => alerts.history(limit, beforeMs),
    rules: () => alerts.rules(),
    alertDesk: alertDesk(parts),
    anomalies: (limit) => outlooks.anomalies(limit),
    judgeAnomaly: (id, isNormal, subject) =>
      isNormal
        ? outlooks.acceptNormal(id, subject.kind === 'user' ? subject.name : subject.kind)
        : outlooks.undoNormal(id),
    events: (limit, beforeId) => events.recent(limit, beforeId),
    series: (hostId) => control.series(hostId),
    removeHost: (hostId) => control.removeHost(hostId),
    revokeAgent: (agentId) => control.revokeAgent(agentId),
    agentEnrolled: (agentId, hostname) => control.agentEnrolled(agentId, hostname),
    samplesReceived: () => ingest.figures().samplesReceived,
  };
}

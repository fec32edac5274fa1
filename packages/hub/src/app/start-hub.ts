/** The composition root: makes every part after those it needs, and keeps them in the order of their start. */
import { createServer } from 'node:http';
import { seriesSetId } from '@openmanager/protocol';
import { agesFrom, StoreError } from '@openmanager/store';
import { pino, type Logger } from 'pino';
import { Alerts } from '../alerts/index.ts';
import { createApi, IMPORT_PATH } from '../api/index.ts';
import { Auth, authorize } from '../auth/index.ts';
import { openPastFrames, WebSocketManager } from '../gateway/index.ts';
import { StoredPast } from '../history/index.ts';
import { HostLifecycle, HostNameBook } from '../hosts/index.ts';
import { AgentIngest } from '../ingest/index.ts';
import { HubOutlook, pastForesightModule } from '../outlook/index.ts';
import { HealthIssues, systemClock } from '../ports/index.ts';
import {
  codesOf,
  createLiveStream,
  liveStreamDefaults,
  priorityOf,
  type LiveStream,
} from '../stream/index.ts';
import { apiContext } from './api-context.ts';
import { descriptorLimit } from './descriptors.ts';
import { serverOptions } from './front-door.ts';
import { HttpService } from './http-service.ts';
import { storeStartError } from './hub-error.ts';
import { parseListen, type ListenAddress } from './listen.ts';
import { hubLog } from './log.ts';
import { openHubStore } from './open-store.ts';
import type { HubOptions, RunningHub } from './options.ts';
import { Places, placesWithin } from './places.ts';
import { withServices, type Services } from './services.ts';
import { HubStatus } from './status.ts';
import { HubClock, HubLag, HubPulse, tellClock } from '../timing/index.ts';

const CLIENTS_PATH = '/socket.io/';

/** Starts a hub. Throws HubError with what to do when the port or the data folder cannot be used. */
export async function startHub(options: HubOptions): Promise<RunningHub> {
  const listen = parseListen(options.listen);
  const log = hubLog(options.logLevel ?? 'info', options.logDestination ?? pino.destination(2));
  try {
    return await withServices(log, (services) => start(options, listen, log, services));
  } catch (error) {
    throw storeStartError(error, options.dataFolder);
  }
}

async function start(
  options: HubOptions,
  listen: ListenAddress,
  log: Logger,
  services: Services,
): Promise<RunningHub> {
  const { dataFolder, allowOrigins = [], onProgress } = options;
  const clock = new HubClock({ wall: options.clock ?? systemClock });
  const pulse = services.add('pulse', 20, new HubPulse({ clock }));
  const issues = new HealthIssues();
  const lag = services.add('lag', 20, new HubLag({ pulse, issues, log }));
  const names = new HostNameBook();
  const store = await openHubStore(options, names);
  // A disk that hangs must not hold the process; what is committed is safe without this.
  services.add('store', 900, { stop: () => store.close() });
  onProgress?.('store');
  const base = { records: store, clock, issues };

  const auth = services.add('auth', 20, await Auth.open(base));
  const hosts = services.add(
    'hosts',
    200,
    await HostLifecycle.open({ ...base, agents: auth, names }),
  );
  const { events } = hosts;
  // Snapshots of detectors are at most ten minutes old; storing them again is worth no more.
  const outlook = services.add(
    'outlook',
    800,
    await HubOutlook.open({ ...base, history: store, events, hosts, lag }),
  );
  const alerts = services.add(
    'alerts',
    300,
    await Alerts.open({
      ...base,
      pulse,
      lag,
      history: store,
      agesFrom: (nowMs) => agesFrom(store.condition(), nowMs),
      dataFolder,
      publicUrl: options.publicUrl,
      hosts,
      events,
      foresight: outlook,
      foresightModule: pastForesightModule,
    }),
  );
  tellClock(clock, { issues, events, log });
  const live = createLiveStream({
    clock,
    pulse,
    judge(update) {
      outlook.observe(update);
      return alerts.judge(update);
    },
    // One sample or listener that goes wrong is a defect to report, not a reason to stop watching all hosts.
    onError: (error) => {
      log.error({ err: error }, 'the live stream caught an error');
      issues.set('stream', 'Part of the live stream failed: see the hub log.');
    },
  });
  services.add('live', 20, {
    run: async () => showKnown(live, hosts, alerts),
    stop: async () => live.stop(),
  });
  joinLive(live, hosts, alerts);
  const past = services.add(
    'past',
    20,
    await StoredPast.open({
      store,
      dataFolder,
      issues,
      hosts,
      events,
      log: log.child({ part: 'store' }),
      display: { codesOf, priorityOf, ...liveStreamDefaults },
      openFrames: openPastFrames,
    }),
  );
  const status = services.add('status', 20, new HubStatus({ clock, store, hosts: live, lag }));

  const places = new Places(placesWithin(descriptorLimit()));
  const server = createServer(serverOptions);
  const gateway = new WebSocketManager({
    httpServer: server,
    clock,
    pulse,
    authorize,
    target: (id) => hosts.target(id),
    authenticator: auth,
    allowedOrigins: allowOrigins,
    live,
    alerts,
    events,
    status,
    history: past.history,
    outlooks: outlook,
    connections: places,
    log: log.child({ part: 'gateway' }),
  });
  status.register({ delivery: () => gateway.stats() });
  const ingest = new AgentIngest({
    clock,
    pulse,
    acceptsDemo: options.demo ?? false,
    limits: options.agentLimits ?? {},
    issues,
    lag,
    isLate: () => lag.isLate,
    clockRead: (agentId, agentMs, intervalMs) => clock.heard(agentId, agentMs, intervalMs),
    store,
    authenticator: auth,
    authorize,
    live,
    events,
    watchers: gateway,
    hosts,
    connections: places,
    log: log.child({ part: 'ingest' }),
    agentSeen: (agentId, seen) => hosts.agentSeen(agentId, seen),
    knownAgent: (agentId) => auth.agent(agentId),
    problem: (part, sentence) =>
      sentence === undefined ? issues.clear(part) : issues.set(part, sentence),
    storeTrouble: (error) => issues.store(error),
  });
  lag.storeWaitMs = () => ingest.storeWaitMs;
  clock.voters = () => ingest.connected;
  clock.onChange(({ kind, stepMs }) => {
    if (kind !== 'moved') return;
    ingest.clockMoved(stepMs);
    alerts.clockMoved(stepMs);
  });
  status.register({ ingest: () => ingest.stats() });
  hosts.onRemoved((hostId) => ingest.forget(hostId));
  const parts = {
    options,
    log,
    issues,
    auth,
    hosts,
    alerts,
    outlook,
    past,
    live,
    ingest,
    status,
    places,
  };
  // engine.io passes requests that are not its own to the listeners from before it runs.
  const { app } = await createApi(apiContext(parts), server);
  // Its close waits for every connection, so it stops after the gateway and ingest.
  services.add('api', 100, { stop: () => app.close() });
  services.add('gateway', 100, gateway);
  services.add('ingest', 400, ingest);
  const http = services.add(
    'http',
    20,
    new HttpService({
      server,
      listen,
      allowOrigins,
      clientsPath: CLIENTS_PATH,
      uploads: [IMPORT_PATH],
      places,
      issues,
      log: log.child({ part: 'http' }),
      agents: (request, socket, head) => ingest.upgrade(request, socket, head),
    }),
  );

  onProgress?.('history');
  await services.run();
  const { url } = http;
  const token = await signinLink(auth, options, log);
  events.record('hub-started', undefined, {});
  log.info({ url }, 'hub listens');
  onProgress?.('listen');
  let stopped: Promise<void> | undefined;
  return {
    url,
    setupLink: token === null ? null : `${url}/setup#token=${token}`,
    backfill: async (hostId, rows) =>
      void (await store.importRows(hostId, { ...rows, setId: seriesSetId(rows.keys) })),
    localAgentKey: (name) => hosts.localAgentKey(name),
    status: () => status.status(),
    isStoring: () => store.condition().trouble === undefined,
    problems: () => issues.list(),
    stop: () => (stopped ??= stop(services, log)),
  };
}

/** A store that cannot write is told on every page; the hub starts all the same. */
async function signinLink(auth: Auth, options: HubOptions, log: Logger): Promise<string | null> {
  try {
    return await auth.issueSigninLink(options.signinLink ?? false);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log.warn({ code: error.code }, 'no sign-in link could be made');
    return null;
  }
}

async function stop(services: Services, log: Logger): Promise<void> {
  await services.stop();
  log.info('hub stopped');
  log.flush();
}

/** Joins the live stream, which knows of samples only, to hosts and alerts. */
function joinLive(live: LiveStream, hosts: HostLifecycle, alerts: Alerts): void {
  alerts.onSeverity((hostId, severity) => live.severity(hostId, severity));
  hosts.onRemoved((hostId) => live.removeHost(hostId));
  live.onStatus((hostId, now, before) => hosts.statusChanged(hostId, now, before));
}

/** Hosts from before a restart are shown as they were, until their agents are back. */
function showKnown(live: LiveStream, hosts: HostLifecycle, alerts: Alerts): void {
  for (const info of hosts.all()) {
    live.hostInfo(info);
    live.severity(info.hostId, alerts.worstSeverity(info.hostId));
  }
}

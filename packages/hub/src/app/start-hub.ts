/** The one place where all parts of the hub are made and joined. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openVault } from '@openmanager/alerting/notify';
import {
  openClusterStore,
  openStore,
  type ClusterStore,
  type EmbeddedStore,
} from '@openmanager/store';
import { seriesSetId } from '@openmanager/protocol';
import { pino, type Logger } from 'pino';
import { createApi } from '../api/index.ts';
import { Auth, authorize } from '../auth/index.ts';
import { WebSocketManager } from '../gateway/index.ts';
import { AgentIngest } from '../ingest/index.ts';
import { systemClock, type Clock, type Watchers } from '../ports/index.ts';
import { createLiveStream } from '../stream/index.ts';
import { AlertDispatch } from '../alerts/outbox.ts';
import { AlertKeeper } from '../alerts/alert-keeper.ts';
import { ClusterWatch } from '../history/cluster-watch.ts';
import { AlertSettings } from '../alerts/alert-settings.ts';
import { apiContext } from './api-context.ts';
import { Backtester } from '../alerts/backtest.ts';
import { EventJournal } from '../hosts/event-log.ts';
import { installFrontDoor } from './front-door.ts';
import { StoredHistory } from '../history/stored-history.ts';
import { StoredPromql } from '../history/stored-promql.ts';
import { StoredReplay } from '../history/stored-replay.ts';
import { StorageWatch } from '../history/storage-watch.ts';
import { StoredTransfer } from '../history/stored-transfer.ts';
import { HostRegistry } from '../hosts/host-registry.ts';
import { HostTags } from '../hosts/host-tags.ts';
import { listenError, storeStartError } from './hub-error.ts';
import { HubControl } from '../hosts/host-lifecycle.ts';
import { HubOutlook } from '../outlook/hub-outlook.ts';
import { allowedHostnames, originOf, parseListen, type ListenAddress } from './listen.ts';
import { hubLog } from './log.ts';
import type { HubOptions, RunningHub } from './options.ts';
import { Problems } from '../ports/health-issues.ts';
import { HubStatus } from './status.ts';
import { stopHub } from './stop-hub.ts';

/** The default of 511 is too small for a thousand clients that come back at once. */
const LISTEN_BACKLOG = 4096;
const TICK_MS = 1000;
const PRUNE_MS = 60_000;
const CLIENTS_PATH = '/socket.io/';

/** Starts a hub. Throws HubError with what to do when the port or the data folder cannot be used. */
export async function startHub(options: HubOptions): Promise<RunningHub> {
  const listen = parseListen(options.listen);
  const log = hubLog(options.logLevel ?? 'info', options.logDestination ?? pino.destination(2));
  const names: HostNames = { of: () => undefined };
  const store = await open(options, names);
  try {
    return await assemble(options, listen, log, store, names);
  } catch (error) {
    await store.close();
    throw storeStartError(error, options.dataFolder);
  }
}

/** Names of hosts for the cluster store, which is opened before they are read. */
interface HostNames {
  of: (hostId: string) => string | undefined;
}

async function open(options: HubOptions, names: HostNames): Promise<EmbeddedStore | ClusterStore> {
  const { dataFolder, retentionMs, tiers, maxBytes, clusterUrl, onProgress } = options;
  const own = {
    folder: dataFolder,
    ...(retentionMs === undefined ? {} : { retentionMs }),
    ...(tiers === undefined ? {} : { tiers }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  };
  try {
    const instanceOf = (hostId: string): string => names.of(hostId) ?? hostId;
    const store =
      clusterUrl === undefined
        ? await openStore(own)
        : await openClusterStore({ ...own, url: clusterUrl, instanceOf });
    onProgress?.('store');
    return store;
  } catch (error) {
    throw storeStartError(error, dataFolder);
  }
}

async function assemble(
  options: HubOptions,
  listen: ListenAddress,
  log: Logger,
  store: EmbeddedStore | ClusterStore,
  names: HostNames,
): Promise<RunningHub> {
  const clock: Clock = options.clock ?? systemClock;
  const allowOrigins = options.allowOrigins ?? [];
  const problems = new Problems();
  const auth = await Auth.open({ records: store, clock });
  const hosts = await HostRegistry.open(store, problems);
  const tags = await HostTags.open(store);
  const hostname = (hostId: string): string | undefined => hosts.hostname(hostId);
  names.of = hostname;
  const events = await EventJournal.open({ records: store, clock, problems, hostname });
  const settings = await AlertSettings.open({
    records: store,
    vault: openVault(options.dataFolder),
    changed(what) {
      if (what === 'rules') alerts.replaceRules(settings.rules());
      dispatch.configure();
    },
  });
  const outlooks = await HubOutlook.open({
    clock,
    records: store,
    history: store,
    problems,
    events,
    knows: (hostId) => hosts.get(hostId) !== undefined,
    rules: () => alerts.currentRules,
    sweepMs: options.anomalySweepMs,
  });
  const alerts = await AlertKeeper.open({
    records: store,
    clock,
    problems,
    hostname,
    tags: (hostId) => tags.of(hostId),
    rules: settings.rules(),
    engine: { foresight: outlooks },
    alongside: (changed) => dispatch.staged(changed),
  });
  const dispatch = await AlertDispatch.open({
    records: store,
    clock,
    problems,
    settings,
    write: (changes) => alerts.record(changes),
  });
  const live = createLiveStream({
    clock,
    judge(update) {
      outlooks.observe(update);
      return alerts.judge(update);
    },
    // One sample or listener that goes wrong is a defect to report, not a reason to stop watching all hosts.
    onError: (error) => {
      log.error({ err: error }, 'the live stream caught an error');
      problems.set('stream', 'Part of the live stream failed: see the hub log.');
    },
  });
  const history = new StoredHistory(store, (hostId) => hosts.get(hostId) !== undefined);
  const storage = new StorageWatch(store, problems);
  const replay = new StoredReplay({ store, hosts: () => hosts.all() });
  const remote = 'remote' in store ? new ClusterWatch(() => store.remote(), problems) : undefined;
  const transfer = await StoredTransfer.open(store, options.dataFolder, hostname);
  const promql = new StoredPromql({
    history: store,
    hosts: () => [
      ...hosts.all().map(({ hostId, facts }) => ({ hostId, instance: facts.hostname })),
      ...transfer.importedHosts(),
    ],
  });

  // These know each other in a circle; none of them calls another before all are made.
  const status = new HubStatus({
    clock,
    store,
    hosts: live,
    ingest: () => ingest.figures(),
    delivery: () => gateway.figures(),
  });
  const watchers: Watchers = {
    isWatched: (hostId) => gateway.isWatched(hostId),
    onWatched: (listener) => gateway.onWatched(listener),
  };
  const ingest = new AgentIngest({
    clock,
    store,
    authenticator: auth,
    authorize,
    live,
    events,
    watchers,
    hosts: {
      get: (hostId) => hosts.get(hostId),
      put: (info) => {
        hosts.put(info);
        alerts.expect(info);
        alerts.fact(info.hostId, 'host.clock.offset', Math.abs(info.clockOffsetMs) / 1000);
      },
    },
    log: log.child({ part: 'ingest' }),
    agentSeen: (agentId, seen) => control.agentSeen(agentId, seen),
    storeTrouble: (error) => control.storeTrouble(error),
  });
  const control = new HubControl({
    auth,
    hosts,
    events,
    alerts,
    dispatch,
    live,
    ingest,
    store,
    problems,
    tags,
    outlooks,
  });
  const backtester = new Backtester({
    store,
    clock,
    hosts: () =>
      hosts.all().map(({ hostId, facts, intervalMs }) => ({
        hostId,
        hostname: facts.hostname,
        tags: tags.of(hostId),
        intervalMs,
      })),
  });
  const api = await createApi(
    apiContext({
      auth,
      hosts,
      events,
      alerts,
      dispatch,
      settings,
      live,
      ingest,
      store,
      problems,
      tags,
      outlooks,
      backtester,
      history,
      replay,
      promql,
      transfer,
      remote,
      status,
      storage,
      control,
      log,
      options,
    }),
  );
  const { httpServer } = api;
  const gateway = new WebSocketManager({
    httpServer,
    clock,
    authorize,
    authenticator: auth,
    allowedOrigins: allowOrigins,
    live,
    alerts,
    events,
    status,
    history,
    outlooks,
    log: log.child({ part: 'gateway' }),
  });

  control.restore();
  options.onProgress?.('history');
  await gateway.run();
  await ingest.run();
  await status.run();
  storage.run();
  remote?.run();
  void outlooks.run();
  installFrontDoor(httpServer, {
    hostnames: allowedHostnames(listen, allowOrigins),
    agents: (request, socket, head) => ingest.upgrade(request, socket, head),
    clientsPath: CLIENTS_PATH,
  });
  const timers = [
    setInterval(() => control.tick(), TICK_MS),
    setInterval(
      () => void auth.prune().catch((error: unknown) => control.storeTrouble(error)),
      PRUNE_MS,
    ),
  ];
  const parts = {
    log,
    timers,
    gateway,
    ingest,
    alerts,
    dispatch,
    outlooks,
    backtester,
    promql,
    events,
    live,
    status,
    storage,
    remote,
    api,
    store,
  };
  try {
    await listenOn(httpServer, listen);
  } catch (error) {
    await stopHub(parts);
    throw error;
  }
  const url = originOf({ host: listen.host, port: (httpServer.address() as AddressInfo).port });
  const token = await auth.issueSigninLink(options.signinLink ?? false);
  events.record('hub-started', undefined, {});
  log.info({ url }, 'hub listens');
  options.onProgress?.('listen');
  let stopped: Promise<void> | undefined;
  return {
    url,
    setupLink: token === null ? null : `${url}/setup#token=${token}`,
    backfill: (hostId, past) =>
      store.importRows(hostId, { ...past, setId: seriesSetId(past.keys) }),
    localAgentKey: (name) => control.localAgentKey(name),
    figures: () => status.status(),
    stop: () => (stopped ??= stopHub(parts)),
  };
}

async function listenOn(server: Server, { host, port }: ListenAddress): Promise<void> {
  server.listen({ host, port, backlog: LISTEN_BACKLOG });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenError(error, host, port);
  }
}

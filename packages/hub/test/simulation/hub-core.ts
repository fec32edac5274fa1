/** One life of the hub: ingest, live stream, hosts and alerts as `app/` joins them, on simulated disk, network and time. */
import { createServer } from 'node:http';
import { pino } from 'pino';
import { Alerts } from '../../src/alerts/index.ts';
import { Auth, authorize } from '../../src/auth/index.ts';
import { HostLifecycle, HostNameBook } from '../../src/hosts/index.ts';
import { AgentIngest } from '../../src/ingest/index.ts';
import { HealthIssues, systemClock, type HostUpdate } from '../../src/ports/index.ts';
import { createLiveStream } from '../../src/stream/index.ts';
import { HubClock, HubLag, HubPulse, tellClock } from '../../src/timing/index.ts';
import type { SimNetwork } from './network.ts';
import { SimStore, type HubDisk } from './store.ts';
import type { Life, VirtualTime } from './time.ts';

const unknowing = {
  band: () => undefined,
  crossing: () => undefined,
  followMetrics: () => undefined,
};

export interface HubParts {
  readonly time: VirtualTime;
  readonly network: SimNetwork;
  readonly disk: HubDisk;
  readonly dataFolder: string;
  readonly random: () => number;
  readonly judged: (update: HostUpdate) => void;
}

export interface HubCore {
  readonly alerts: Alerts;
  readonly hosts: HostLifecycle;
  readonly ingest: AgentIngest;
  /** Enrols an agent; answers its id and key. */
  enrol(hostname: string): Promise<{ agentId: string; key: string }>;
}

/** To be called as that life. */
export async function startHubCore(life: Life, parts: HubParts): Promise<HubCore> {
  const { time, network, disk, dataFolder, random, judged } = parts;
  const store = new SimStore(disk, time, life, random);
  const issues = new HealthIssues();
  const names = new HostNameBook();
  const log = pino({ level: 'silent' });
  const clock = new HubClock({ wall: systemClock });
  const pulse = new HubPulse({ clock });
  const lag = new HubLag({ pulse, issues, log });
  const base = { records: store, clock, issues };
  const auth = await Auth.open(base);
  const hosts = await HostLifecycle.open({ ...base, agents: auth, names });
  const { events } = hosts;
  const alerts = await Alerts.open({
    ...base,
    pulse,
    lag,
    history: store,
    agesFrom: (nowMs) => nowMs,
    dataFolder,
    hosts,
    events,
    foresight: unknowing,
    foresightModule: '',
  });
  tellClock(clock, { issues, events, log });
  const live = createLiveStream({
    clock,
    pulse,
    judge(update) {
      judged(update);
      return alerts.judge(update);
    },
    onError: (error) => {
      throw error;
    },
  });
  alerts.onSeverity((hostId, severity) => live.severity(hostId, severity));
  live.onStatus((hostId, now, before) => hosts.statusChanged(hostId, now, before));
  const ingest = new AgentIngest({
    clock,
    pulse,
    lag,
    isLate: () => lag.isLate,
    clockRead: (agentId, agentMs, intervalMs) => clock.heard(agentId, agentMs, intervalMs),
    store,
    authenticator: auth,
    authorize,
    live,
    events,
    watchers: { isWatched: () => false, onWatched: () => () => undefined },
    hosts,
    log,
    agentSeen: (agentId, seen) => hosts.agentSeen(agentId, seen),
    storeTrouble: (error) => issues.store(error),
  });
  lag.storeWaitMs = () => ingest.storeWaitMs;
  clock.voters = () => ingest.connected;
  clock.onChange(({ kind, stepMs }) => {
    if (kind !== 'moved') return;
    ingest.clockMoved(stepMs);
    alerts.clockMoved(stepMs);
  });
  const server = createServer();
  server.on('upgrade', (request, socket, head) => ingest.upgrade(request, socket, head));
  for (const info of hosts.all()) {
    live.hostInfo(info);
    live.severity(info.hostId, alerts.worstSeverity(info.hostId));
  }
  for (const part of [pulse, lag, auth, hosts, alerts, ingest]) await part.run();
  network.listen(life, (socket) => server.emit('connection', socket));
  return { alerts, hosts, ingest, enrol: (hostname) => hosts.localAgentKey(hostname) };
}

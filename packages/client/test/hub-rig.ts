/** The hub's real gateway on a real socket, fed by hand. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  displayPrecision,
  metricOfKey,
  ProtocolError,
  quantise,
  type Alert,
  type HostInfo,
  type HubEvent,
  type SystemStatus,
} from '@openmanager/protocol';
import { WebSocketManager } from '../../hub/src/gateway/manager.ts';
import type { HostTick, LateRows, ProcessTable } from '../../hub/src/ports/index.ts';

class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly on = (listener: (value: T) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };
  emit(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }
}

export interface Sample {
  readonly timeMs: number;
  readonly values: Readonly<Record<string, number>>;
}

export function infoOf(hostId: string): HostInfo {
  return {
    hostId,
    facts: {
      hostname: `name-${hostId}`,
      os: 'linux',
      osName: 'Debian 12',
      kernel: '6.1',
      arch: 'x64',
      cpuModel: 'Test',
      cpuCount: 2,
      memoryBytes: 8e9,
      timeZone: 'UTC',
      agentVersion: '0.1.0',
      demo: false,
    },
    clockOffsetMs: 0,
    clockSkewed: false,
    intervalMs: 1000,
    firstSeenMs: 1,
  };
}

export const status: SystemStatus = {
  version: '0.1.0',
  startedAtMs: 1,
  timeMs: 2,
  hosts: { online: 1, stale: 0, offline: 0 },
  agentsConnected: 1,
  clientsConnected: 1,
  samplesPerSecond: 1,
  samplesStored: 1,
  storeBytes: 1,
  commitMs: { p50: 1, p99: 1 },
  deliveryMs: { p50: 1, p99: 1 },
  eventLoopMaxMs: 1,
  rssBytes: 1,
  lag: {
    loop: { p50: 0, p99: 0 },
    queue: { p50: 0, p99: 0 },
    evaluation: { p50: 0, p99: 0 },
    sweep: { p50: 0, p99: 0 },
  },
  behind: false,
  missedMs: 0,
  framesSent: 1,
  bytesSent: 1,
  dropped: {
    batchesLost: 0,
    batchesLostByHub: 0,
    batchesRejected: 0,
    duplicates: 0,
    rowsRepeated: 0,
    seriesLeftOut: 0,
    connectionsRefused: 0,
    agentsDeferred: 0,
    framesCoalesced: 0,
  },
  slowClients: { lagging: 0, evicted: 0, worst: [] },
};

/** What outlives a restart of the hub: its store. */
export class World {
  readonly samples = new Map<string, Sample[]>();
  readonly ticks = new Map<string, HostTick>();
  alerts: Alert[] = [];
  events: HubEvent[] = [];
  /** Hub clock minus real clock, so that a test need not wait for time to pass. */
  shiftMs = 0;

  now(): number {
    return Date.now() + this.shiftMs;
  }
}

export interface Rig {
  readonly url: string;
  readonly port: number;
  readonly world: World;
  readonly gateway: WebSocketManager;
  sample(hostId: string, values: Readonly<Record<string, number>>, timeMs?: number): number;
  late(rows: LateRows): void;
  processes(table: ProcessTable): void;
  alert(alert: Alert): void;
  event(event: HubEvent): void;
  /** As a crash: connections end without a word. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface RigOptions {
  readonly port?: number;
  readonly world?: World;
  /** Tokens that are let in; anybody when left out. */
  readonly tokens?: readonly string[];
  readonly allowedOrigins?: readonly string[];
}

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const world = options.world ?? new World();
  const server: Server = createServer((_request, response) => response.writeHead(404).end());
  const sockets = new Set<import('node:net').Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const ticks = new Listeners<HostTick>();
  const late = new Listeners<LateRows>();
  const processes = new Listeners<ProcessTable>();
  const infos = new Listeners<HostInfo>();
  const removed = new Listeners<string>();
  const alerts = new Listeners<readonly Alert[]>();
  const events = new Listeners<HubEvent>();
  const tables = new Map<string, ProcessTable>();
  const gateway = new WebSocketManager({
    httpServer: server,
    clock: { now: () => world.now() },
    authorize: () => undefined,
    target: () => undefined,
    authenticator: {
      async authenticate({ bearer }) {
        if (options.tokens && (bearer === undefined || !options.tokens.includes(bearer)))
          throw new ProtocolError('unauthenticated');
        return { kind: 'token', tokenId: bearer ?? 'test' };
      },
      onRevoked: () => () => undefined,
    },
    allowedOrigins: options.allowedOrigins ?? [],
    outlooks: {
      outlook: () => undefined,
      onOutlook: () => () => undefined,
      series: async () => {
        throw new ProtocolError('not-found');
      },
    },
    live: {
      state: (hostId) => world.ticks.get(hostId),
      all: () => [...world.ticks.values()],
      info: (hostId) => (world.ticks.has(hostId) ? infoOf(hostId) : undefined),
      onTick: ticks.on,
      onLate: late.on,
      onProcesses: processes.on,
      onHostInfo: infos.on,
      onRemoved: removed.on,
      hosts: () => [],
      host: () => undefined,
      processes: (hostId) => tables.get(hostId),
      onStatus: () => () => undefined,
    },
    alerts: { current: () => world.alerts, onChange: alerts.on },
    events: {
      recent: (limit) => world.events.slice(0, limit),
      record: () => undefined,
      onEvent: events.on,
    },
    status: { status: () => status },
    history: {
      async history(request) {
        const samples = samplesOf(world, request.hostId, request.fromMs, request.toMs);
        const keys = request.keys ?? keysOf(samples);
        return {
          keys,
          timesMs: samples.map(({ timeMs }) => timeMs),
          columns: keys.map((key) => samples.map(({ values }) => values[key] ?? null)),
          stepMs: 0,
        };
      },
      async rows(hostId, wanted, fromMs, toMs) {
        const samples = samplesOf(world, hostId, fromMs, toMs);
        const keys = wanted ?? keysOf(samples);
        return {
          hostId,
          keys,
          timesMs: samples.map(({ timeMs }) => timeMs),
          columns: keys.map((key) =>
            Float64Array.from(samples, ({ values }) => values[key] ?? Number.NaN),
          ),
        };
      },
    },
    log: {
      info: () => undefined,
      warn: () => undefined,
      error: (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
    },
  });
  await gateway.run();
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    world,
    gateway,
    sample(hostId, values, timeMs = world.now()) {
      record(world, hostId, { timeMs, values });
      const before = world.ticks.get(hostId);
      const keys = Object.keys(values);
      const same =
        before !== undefined &&
        before.keys.length === keys.length &&
        before.keys.every((key, index) => key === keys[index]);
      const codes = Float64Array.from(keys, (key) =>
        quantise(values[key] ?? Number.NaN, displayPrecision(metricOfKey(key))),
      );
      const changed = same
        ? keys.flatMap((_, index) => (before.codes[index] === codes[index] ? [] : [index]))
        : [];
      const tick: HostTick = {
        hostId,
        timeMs,
        keys: same ? before.keys : keys,
        codes,
        change: same ? { kind: 'values', changed } : { kind: 'keys' },
        status: 'online',
        priority: 'low',
        receivedMs: timeMs,
      };
      world.ticks.set(hostId, tick);
      if (!before) infos.emit(infoOf(hostId));
      ticks.emit(tick);
      return timeMs;
    },
    late(rows) {
      for (const [row, timeMs] of rows.timesMs.entries()) {
        const values = Object.fromEntries(
          rows.keys.map((key, index) => [key, rows.columns[index]?.[row] ?? Number.NaN]),
        );
        record(world, rows.hostId, { timeMs, values });
      }
      late.emit(rows);
    },
    processes(table) {
      tables.set(table.hostId, table);
      processes.emit(table);
    },
    alert(alert) {
      world.alerts = [...world.alerts.filter(({ id }) => id !== alert.id), alert].filter(
        ({ state }) => state === 'pending' || state === 'firing',
      );
      alerts.emit([alert]);
    },
    event(event) {
      world.events = [event, ...world.events];
      events.emit(event);
    },
    async kill() {
      await close();
      await gateway.stop();
    },
    async stop() {
      await gateway.drain();
      await gateway.stop();
      await close();
    },
  };
}

function record(world: World, hostId: string, sample: Sample): void {
  const samples = world.samples.get(hostId) ?? [];
  samples.push(sample);
  samples.sort((a, b) => a.timeMs - b.timeMs);
  world.samples.set(hostId, samples);
}

function samplesOf(world: World, hostId: string, fromMs: number, toMs: number): readonly Sample[] {
  return (world.samples.get(hostId) ?? []).filter(
    ({ timeMs }) => timeMs >= fromMs && timeMs <= toMs,
  );
}

function keysOf(samples: readonly Sample[]): readonly string[] {
  return [...new Set(samples.flatMap(({ values }) => Object.keys(values)))];
}

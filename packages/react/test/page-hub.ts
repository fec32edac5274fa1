/**
 * A hub inside the page: stands in for `WebSocket`, so that the real client, Socket.IO and parser run in the
 * browser against a peer that the test owns. Speaks Engine.IO 4 and Socket.IO 5 as far as the client uses them.
 */
import {
  codingOf,
  encodeDelta,
  encodeKeyframe,
  encodePart,
  displayPrecision,
  metricOfKey,
  quantise,
  targetTopic,
  type Alert,
  type HostInfo,
  type HostOutlook,
  type HubEvent,
  type MessagePayload,
  type OutlookRequest,
  type PartKind,
  type Topic,
} from '@openmanager/protocol';

const EPOCH = 7;
/** By host name: clients of former tests, which linger, must not reach the hub of the next. */
const hubs = new Map<string, PageHub>();

interface HostValues {
  timeMs: number;
  values: Record<string, number>;
}

/** As much of WebSocket as engine.io-client uses. */
class PageSocket extends EventTarget {
  readonly channels = new Map<number, Topic>();
  binaryType = 'arraybuffer';
  readyState = 0;
  onopen: (() => void) | null = null;
  onclose: ((event: unknown) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  answer: (event: string, payload: unknown) => unknown = () => undefined;
  ended: () => void = () => undefined;
  readonly url: string;

  constructor(url: string) {
    super();
    this.url = url;
    hubs.get(new URL(url).hostname)?.accept(this);
    setTimeout(() => {
      if (this.readyState !== 0) return;
      this.readyState = 1;
      this.onopen?.();
      this.#text(
        `0${JSON.stringify({ sid: 'e', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1e6 })}`,
      );
    });
  }

  send(data: string): void {
    if (data.startsWith('40')) setTimeout(() => this.#text('40{"sid":"s"}'));
    const request = /^42(\d+)(\[.*)$/s.exec(data);
    if (!request) return;
    const [event, payload] = JSON.parse(request[2] ?? '') as [string, unknown];
    setTimeout(() => this.#text(`43${request[1]}[${JSON.stringify(this.answer(event, payload))}]`));
  }

  close(): void {
    this.drop();
  }

  drop(): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.ended();
    this.onclose?.({ code: 1006, reason: '' });
  }

  event(name: string, payload: unknown): void {
    this.#text(`42${JSON.stringify([name, payload])}`);
  }

  binary(bytes: Uint8Array): void {
    this.#deliver(bytes.slice().buffer);
  }

  #text(data: string): void {
    this.#deliver(data);
  }

  #deliver(data: unknown): void {
    if (this.readyState === 1) this.onmessage?.({ data });
  }
}

// At once: engine.io takes its WebSocket when it is loaded, so this module must be imported before it. Vitest's
// own connection is to another host and stays real.
const RealWebSocket = globalThis.WebSocket;
globalThis.WebSocket = new Proxy(RealWebSocket, {
  construct: (_target, parameters: [string, string[]?]) =>
    new URL(parameters[0]).hostname.endsWith('.test')
      ? new PageSocket(parameters[0])
      : new RealWebSocket(...parameters),
});

export class PageHub {
  /** Sockets ever opened. */
  opened = 0;
  readonly requests: string[] = [];
  alerts: Alert[] = [];
  #events: readonly HubEvent[] = [];
  /** Told in keyframes of hosts. */
  outlook: HostOutlook | undefined;
  outlookAnswer: unknown = { ok: false, error: { code: 'internal', message: '', action: '' } };
  readonly outlooksAsked: OutlookRequest[] = [];
  readonly #hosts = new Map<string, HostValues>();
  readonly #sockets = new Set<PageSocket>();
  readonly #offsets = new Map<number, number>();

  constructor(url: string) {
    hubs.set(new URL(url).hostname, this);
  }

  accept(socket: PageSocket): void {
    this.opened++;
    this.#sockets.add(socket);
    socket.answer = (event, payload) => this.#answerTo(socket, event, payload);
    socket.ended = () => this.#sockets.delete(socket);
  }

  get connected(): number {
    return this.#sockets.size;
  }

  dropAll(): void {
    for (const socket of this.#sockets) socket.drop();
  }

  /** Topics held by at least one connection now. */
  get topics(): readonly Topic[] {
    return [
      ...new Set([...this.#sockets].flatMap((socket) => [...socket.channels.values()])),
    ].sort();
  }

  /** One sample; the fleet and the host's own topic hear of it. */
  sample(hostId: string, values: Record<string, number>, timeMs: number = Date.now()): void {
    const before = this.#hosts.get(hostId);
    const sameKeys =
      before !== undefined && Object.keys(before.values).join() === Object.keys(values).join();
    this.#hosts.set(hostId, { timeMs, values });
    const index = [...this.#hosts.keys()].indexOf(hostId);
    const changed = Object.keys(values).flatMap((key, place) =>
      before?.values[key] === values[key] ? [] : [place],
    );
    this.#broadcast(
      (topic) => topic === 'fleet' || topic === targetTopic(hostId),
      (channel, offset, topic) => {
        if (!sameKeys) return this.#keyframe(topic, channel, offset);
        const body = encodeDelta({
          hubTimeMs: Date.now(),
          size: topic === 'fleet' ? this.#hosts.size : 1,
          facts: [],
          details: undefined,
          hosts: [
            {
              index: topic === 'fleet' ? index : 0,
              timeMs,
              status: 'online',
              priority: 'low',
              changed,
              codes: changed.map((place) => codesOf(values).at(place) ?? 0),
              before: {
                status: 'online',
                priority: 'low',
                codes: codesOf(before.values),
                codings: Uint8Array.from(Object.keys(values), (key) => codingOf(key)),
              },
            },
          ],
        }).body();
        return part('delta', channel, offset, body ?? new Uint8Array());
      },
    );
  }

  event(event: HubEvent): void {
    this.#events = [event, ...this.#events];
    this.#broadcast(
      (topic) => topic === 'events',
      (channel, offset) =>
        message(channel, offset, { topic: 'events', kind: 'change', events: [event] }),
    );
  }

  alert(alert: Alert): void {
    this.alerts = [...this.alerts.filter(({ id }) => id !== alert.id), alert];
    for (const socket of this.#sockets)
      for (const [channel, topic] of socket.channels)
        if (topic === 'alerts')
          socket.binary(
            message(channel, this.#next(channel), { topic, kind: 'change', alerts: [alert] }),
          );
  }

  #broadcast(
    wanted: (topic: Topic) => boolean,
    encode: (channel: number, offset: number, topic: Topic) => Uint8Array,
  ): void {
    const frames = new Map<number, Uint8Array>();
    for (const socket of this.#sockets)
      for (const [channel, topic] of socket.channels) {
        if (!wanted(topic)) continue;
        let frame = frames.get(channel);
        if (!frame) frames.set(channel, (frame = encode(channel, this.#next(channel), topic)));
        socket.binary(frame);
      }
  }

  #next(channel: number): number {
    const offset = (this.#offsets.get(channel) ?? 0) + 1;
    this.#offsets.set(channel, offset);
    return offset;
  }

  #answerTo(socket: PageSocket, event: string, payload: unknown): unknown {
    if (event === 'clock') return { ok: true, hubTimeMs: Date.now() };
    if (event === 'outlook') {
      this.outlooksAsked.push(payload as OutlookRequest);
      return this.outlookAnswer;
    }
    const { topic } = payload as { topic: Topic };
    this.requests.push(`${event} ${topic}`);
    const channel = channelOf(topic);
    if (event === 'unsubscribe') {
      socket.channels.delete(channel);
      return { ok: true, topic };
    }
    socket.channels.set(channel, topic);
    queueMicrotask(() => this.#first(socket, topic, channel));
    return { ok: true, topic, channel, epoch: EPOCH, recovery: 'fresh' };
  }

  #first(socket: PageSocket, topic: Topic, channel: number): void {
    const offset = this.#offsets.get(channel) ?? 0;
    const { alerts } = this;
    if (topic === 'alerts')
      socket.binary(message(channel, offset, { topic, kind: 'snapshot', alerts }));
    else if (topic === 'events')
      socket.binary(message(channel, offset, { topic, kind: 'snapshot', events: this.#events }));
    else if (topic !== 'system') socket.binary(this.#keyframe(topic, channel, offset));
  }

  #keyframe(topic: Topic, channel: number, offset: number): Uint8Array {
    const shown = [...this.#hosts].filter(
      ([hostId]) => topic === 'fleet' || topic === targetTopic(hostId),
    );
    const body = encodeKeyframe({
      hubTimeMs: Date.now(),
      size: shown.length,
      facts: shown.map(([hostId], index) => ({ index, json: JSON.stringify(infoOf(hostId)) })),
      details:
        topic === 'fleet' || this.outlook === undefined ? undefined : { outlook: this.outlook },
      hosts: shown.map(([hostId, { timeMs, values }], index) => ({
        index,
        hostId,
        keys: Object.keys(values),
        timeMs,
        status: 'online',
        priority: 'low',
        codes: Float64Array.from(codesOf(values)),
      })),
    });
    return part('keyframe', channel, offset, body);
  }
}

function part(kind: PartKind, channel: number, offset: number, body: Uint8Array): Uint8Array {
  return encodePart({ kind, channel, offset, span: 1, hubTimeMs: Date.now() }, body);
}

function message(channel: number, offset: number, payload: MessagePayload): Uint8Array {
  return part('message', channel, offset, new TextEncoder().encode(JSON.stringify(payload)));
}

function codesOf(values: Record<string, number>): number[] {
  return Object.entries(values).map(([key, value]) =>
    quantise(value, displayPrecision(metricOfKey(key))),
  );
}

function channelOf(topic: Topic): number {
  return Array.from(topic).reduce(
    (sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003,
    1,
  );
}

function infoOf(hostId: string): HostInfo {
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

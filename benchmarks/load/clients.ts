/** Runs the load generator (clients.c) and talks with it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { PROTOCOL_VERSION } from '@openmanager/protocol';
import { compiled } from './compile.ts';
import { pinned } from './cores.ts';
import { LineTalk } from './lines.ts';

export type Mode = 'read' | 'stall' | 'ping';
/** `full`: the policy of the product's client; `sio`: the defaults of socket.io-client. */
export type Reconnect = 'none' | 'full' | 'sio';

export interface GroupOptions {
  readonly group: string;
  readonly n: number;
  readonly kind: 'hub' | 'sio' | 'ws' | 'tcp' | 'http';
  readonly port: number;
  readonly token?: string;
  /** JSON without blanks. @default {"topic":"fleet"} */
  readonly topic?: string;
  readonly path?: string;
  /** Clients per second; 0 for all at the same instant. @default 0 */
  readonly rate?: number;
  readonly mode?: Mode;
  readonly reconnect?: Reconnect;
  /** Addresses 127.0.0.1, 127.0.0.2 … to connect from. @default 1 */
  readonly sources?: number;
  /** SO_RCVBUF, so that a kernel hides little of what is not read. */
  readonly rcvbuf?: number;
  /** ms between two requests of a poller. @default 3000 */
  readonly interval?: number;
  /** File to keep the frames of the first client in. */
  readonly record?: string;
}

export interface Opened {
  readonly live: number;
  readonly failed: number;
  /** Why the last of those that failed did. */
  readonly why: string;
  /** TCP connect → accepted (Socket.IO's connect, the WebSocket's 101), ms. */
  readonly acceptedMs: readonly number[];
  /** TCP connect → subscription answered, ms. */
  readonly subscribedMs: readonly number[];
  /** TCP connect → first frame, ms. */
  readonly firstMs: readonly number[];
}

export interface Quantiles {
  readonly n: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Since the last count. */
export interface GroupCount {
  readonly live: number;
  /** Clients that got a frame or an answer. */
  readonly alive: number;
  readonly frames: number;
  /** Payload of the frames. */
  readonly bytes: number;
  /** Deltas that did not join what the client had. */
  readonly gaps: number;
  readonly lost: number;
  readonly refused: number;
  /** HTTP 200 and 304. */
  readonly ok: number;
  readonly unchanged: number;
  readonly shortWrites: number;
  /** Both directions, of TCP's payload. */
  readonly payloadBytes: number;
  /** Both directions, with the headers of IP and TCP of every segment, bare acknowledgements included. */
  readonly wireBytes: number;
  readonly latency: Quantiles;
  readonly response: Quantiles;
}

export interface Counted {
  readonly groups: Readonly<Record<string, GroupCount>>;
  /** CPU of the generator itself, share of a core: near 1 it is what limits. */
  readonly cpuShare: number;
}

export interface Resumed {
  readonly fresh: boolean;
  /** Reads again → a frame with the newest state. */
  readonly freshMs: number;
  readonly staleFrames: number;
  readonly staleBytes: number;
  /** Why the connection ended, where it did. */
  readonly reason: string;
}

type RawCount = Omit<GroupCount, 'payloadBytes' | 'wireBytes'> & {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly segments: number;
};

/** IP 20 + TCP 20 + timestamps 12. */
const SEGMENT_BYTES = 52;

export class LoadClients {
  readonly #child: ChildProcess;
  readonly #talk: LineTalk;
  readonly #segments = new Map<string, number>();

  constructor() {
    const [command, args] = pinned('load', compiled('clients'), []);
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#talk = new LineTalk(this.#child);
  }

  /** Resolves when every client is live or has failed. */
  async open(options: GroupOptions): Promise<Opened> {
    const words = Object.entries({ version: PROTOCOL_VERSION, ...options })
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${value}`);
    this.#talk.tell(`open ${words.join(' ')}`);
    this.#segments.delete(options.group);
    return await this.#talk.answer<Opened>('opened', options.group);
  }

  async count(): Promise<Counted> {
    this.#talk.tell('count');
    const { groups, cpuShare } = await this.#talk.answer<{
      groups: Record<string, RawCount>;
      cpuShare: number;
    }>('counted');
    return {
      cpuShare,
      groups: Object.fromEntries(
        Object.entries(groups).map(([name, raw]) => {
          const segments = raw.segments - (this.#segments.get(name) ?? 0);
          this.#segments.set(name, raw.segments);
          const payloadBytes = raw.bytesIn + raw.bytesOut;
          const wireBytes = payloadBytes + segments * SEGMENT_BYTES;
          return [name, { ...raw, payloadBytes, wireBytes }];
        }),
      ),
    };
  }

  async behave(group: string, mode: Mode, reconnect: Reconnect): Promise<void> {
    this.#talk.tell(`behave group=${group} mode=${mode} reconnect=${reconnect}`);
    await this.#talk.answer('behaving');
  }

  /** What became of the clients since they were told to read. */
  async resumed(group: string): Promise<readonly Resumed[]> {
    this.#talk.tell(`resumed group=${group}`);
    return (await this.#talk.answer<{ clients: readonly Resumed[] }>('resumed')).clients;
  }

  /** Epoch ms of each client's last loss and of its first frame after; 0 for never. */
  async times(group: string): Promise<readonly (readonly [lost: number, back: number])[]> {
    this.#talk.tell(`times group=${group}`);
    return (await this.#talk.answer<{ clients: readonly (readonly [number, number])[] }>('times'))
      .clients;
  }

  async close(group: string): Promise<void> {
    this.#talk.tell(`close group=${group}`);
    await this.#talk.answer('closed');
  }

  kill(): void {
    this.#child.kill();
  }
}

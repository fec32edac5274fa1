/** One connection to the hub, from the upgrade to its end: the protocol, not the queue. */
import {
  type AgentDown,
  agentDownSchema,
  type AgentUp,
  type Cadence,
  limits,
  type Received,
  type SeriesSet,
  type Welcome,
} from '@openmanager/protocol';
import * as v from 'valibot';
import type { Timing } from '../timing.ts';
import type { Mark } from '../spool/mark.ts';
import { ClientSocket } from './client-socket.ts';
import {
  type Ending,
  endingOfClose,
  endingOfError,
  endingOfResponse,
  heartbeatLost,
  noWelcome,
} from './ending.ts';

export const SUBPROTOCOL = 'openmanager.agent';
/** The hub pings every 5 s; a connection without one for this long is dead. */
const SILENCE_MS = 20_000;
const GREETING_MS = 10_000;
const HANDSHAKE_MS = 10_000;
/** Messages from the hub are short. */
const DOWN_LIMIT_BYTES = 64 * 1024;
/** More waiting in the socket than this means that the network is behind: nothing is added. */
const BUFFERED_LIMIT_BYTES = 1024 * 1024;
const CLOSE_GRACE_MS = 200;

export interface SessionHandlers {
  /** The socket is open: what to greet with. */
  greet(): AgentUp;
  welcome(message: Welcome): void;
  acknowledge(received: Received): void;
  reject(mark: Mark, reason: string): void;
  cadence(message: Cadence): void;
  /** The hub stores nothing for now, and takes what comes for its live view. */
  unstored(): void;
  /** A message that this version does not know; the connection goes on. */
  unknown(text: string): void;
  /** Called once, last. */
  ended(ending: Ending): void;
}

export interface SessionOptions {
  readonly url: string;
  readonly key: string;
  readonly timing: Timing;
  readonly handlers: SessionHandlers;
  readonly silenceMs?: number;
}

export class Session {
  readonly #socket: ClientSocket;
  readonly #handlers: SessionHandlers;
  readonly #timing: Timing;
  readonly #silenceMs: number;
  readonly #declared = new Set<string>();
  #cancelGreeting: (() => void) | undefined;
  #cancelWatch: (() => void) | undefined;
  #heardMs = 0;
  #reported: Ending | undefined;
  #over = false;

  constructor(options: SessionOptions) {
    this.#handlers = options.handlers;
    this.#timing = options.timing;
    this.#silenceMs = options.silenceMs ?? SILENCE_MS;
    this.#socket = new ClientSocket(
      {
        url: options.url,
        subprotocol: SUBPROTOCOL,
        authorization: `Bearer ${options.key}`,
        limitBytes: DOWN_LIMIT_BYTES,
        handshakeMs: HANDSHAKE_MS,
      },
      {
        open: () => this.#opened(),
        text: (text) => this.#received(text),
        binary: () => this.#handlers.unknown('binary'),
        ping: () => (this.#heardMs = this.#timing.monotonic()),
        refused: (status, body) => this.#end(endingOfResponse(status, body)),
        error: (error) => this.#end(endingOfError(error)),
        closed: (code) => this.#end(endingOfClose(code, this.#reported)),
      },
    );
  }

  /** Whether more can be sent without piling up in the socket. */
  get writable(): boolean {
    return this.#socket.isOpen && this.#socket.bufferedBytes < BUFFERED_LIMIT_BYTES;
  }

  /** False when this connection cannot take another set: it must be renewed. */
  declare(set: SeriesSet): boolean {
    if (this.#declared.has(set.id)) return true;
    if (this.#declared.size >= limits.setsPerConnection) return false;
    this.#declared.add(set.id);
    this.send({ type: 'series-set', id: set.id, keys: set.keys });
    return true;
  }

  send(message: AgentUp): void {
    this.#socket.sendText(JSON.stringify(message));
  }

  sendBatch(bytes: Uint8Array, flushed: () => void): void {
    this.#socket.sendBinary(bytes, flushed);
  }

  /** Ends it from this side; the handlers get `ending`. */
  close(ending: Ending): void {
    this.#socket.close(1000);
    this.#end(ending);
    this.#timing.after(CLOSE_GRACE_MS, () => this.#socket.terminate());
  }

  #opened(): void {
    if (this.#over) return this.#socket.terminate();
    this.#heardMs = this.#timing.monotonic();
    this.#watch();
    this.#cancelGreeting = this.#timing.after(GREETING_MS, () => this.#drop(noWelcome));
    this.send(this.#handlers.greet());
  }

  /** Polls whether the hub was heard, which is cheaper than resetting a timer at each ping. */
  #watch(): void {
    this.#cancelWatch = this.#timing.after(this.#silenceMs / 4, () => {
      if (this.#timing.monotonic() - this.#heardMs > this.#silenceMs) this.#drop(heartbeatLost);
      else this.#watch();
    });
  }

  #received(text: string): void {
    if (this.#over) return;
    this.#heardMs = this.#timing.monotonic();
    const message = parse(text);
    if (message) this.#handle(message);
    else this.#handlers.unknown(text.slice(0, 200));
  }

  #handle(message: AgentDown): void {
    switch (message.type) {
      case 'welcome':
        this.#cancelGreeting?.();
        return this.#handlers.welcome(message);
      case 'ack':
        return this.#handlers.acknowledge(message);
      case 'reject':
        return this.#handlers.reject(message, `${message.code}: ${message.message}`);
      case 'cadence':
        return this.#handlers.cadence(message);
      case 'unstored':
        return this.#handlers.unstored();
      case 'error':
        this.#reported = { code: message.code, message: message.message, action: message.action };
    }
  }

  #drop(ending: Ending): void {
    this.#end(ending);
    this.#socket.terminate();
  }

  #end(ending: Ending): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelGreeting?.();
    this.#cancelWatch?.();
    this.#handlers.ended(ending);
  }
}

function parse(text: string): AgentDown | undefined {
  try {
    const parsed = v.safeParse(agentDownSchema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

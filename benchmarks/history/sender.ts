/** An agent as far as its socket goes: says hello, declares its series, sends batches and hears that they are stored. */
import { once } from 'node:events';
import {
  encodeBatch,
  limits,
  nothingReceived,
  PROTOCOL_VERSION,
  seriesSetId,
  type AgentDown,
} from '@openmanager/protocol';
import type { Rows } from '@openmanager/store';
import { WebSocket } from 'ws';

const SUBPROTOCOL = 'openmanager.agent';

export class Sender {
  readonly #socket: WebSocket;
  #acknowledged = 0;
  #sent = 0;
  #wake: (() => void) | undefined;

  private constructor(url: string, key: string) {
    this.#socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/agent`, SUBPROTOCOL, {
      headers: { authorization: `Bearer ${key}` },
      perMessageDeflate: false,
    });
    this.#socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as AgentDown;
      if (message.type === 'error' || message.type === 'reject') throw new Error(message.message);
      if (message.type === 'ack') this.#acknowledged = message.seq;
      this.#wake?.();
    });
  }

  static async connect(
    url: string,
    key: string,
    hostname: string,
    intervalMs: number,
  ): Promise<Sender> {
    const sender = new Sender(url, key);
    await once(sender.#socket, 'open');
    const facts = {
      hostname,
      os: 'linux',
      osName: 'Debian',
      kernel: '6.1',
      arch: 'x64',
      cpuModel: 'x',
      cpuCount: 8,
      memoryBytes: 2 ** 34,
      timeZone: 'UTC',
      agentVersion: '0',
      demo: true,
    };
    const hello = {
      type: 'hello',
      version: PROTOCOL_VERSION,
      bootEpoch: 1,
      facts,
      intervalMs: intervalMs,
      floor: { bootEpoch: 1, seq: 0 },
      acknowledged: nothingReceived,
    };
    const welcome = once(sender.#socket, 'message');
    sender.#socket.send(JSON.stringify({ ...hello, nowMs: Date.now(), spoolDropped: 0 }));
    await welcome;
    return sender;
  }

  declare(keys: readonly string[]): void {
    this.#socket.send(JSON.stringify({ type: 'series-set', id: seriesSetId(keys), keys }));
  }

  /** Sends a batch when fewer are in flight than an agent may have. */
  async send(rows: Omit<Rows, 'keys'>): Promise<void> {
    await this.#until(() => this.#sent - this.#acknowledged < limits.batchesInFlight);
    this.#socket.send(encodeBatch({ bootEpoch: 1, seq: ++this.#sent, ...rows }));
  }

  async stored(): Promise<void> {
    await this.#until(() => this.#acknowledged === this.#sent);
  }

  close(): void {
    this.#socket.terminate();
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

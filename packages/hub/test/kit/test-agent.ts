import {
  encodeBatch,
  nothingReceived,
  PROTOCOL_VERSION,
  seriesSet,
  type AgentDown,
  type Batch,
  type Hello,
  type HostFacts,
  type Problem,
} from '@openmanager/protocol';
import { WebSocket } from 'ws';

export const facts: HostFacts = {
  hostname: 'box',
  os: 'linux',
  osName: 'Debian 12',
  kernel: '6.1',
  arch: 'x64',
  cpuModel: 'cpu',
  cpuCount: 4,
  memoryBytes: 8e9,
  timeZone: 'UTC',
  agentVersion: '0.1.0',
  demo: false,
};

export const plainSet = seriesSet([
  'system.cpu.utilization',
  'system.memory.utilization',
  'system.uptime',
]);

export type Down<T extends AgentDown['type']> = Extract<AgentDown, { type: T }>;

/** The wire side of an agent, message by message. */
export class TestAgent {
  readonly socket: WebSocket;
  readonly received: AgentDown[] = [];
  readonly closed: Promise<number>;
  readonly #waiters: (() => void)[] = [];

  constructor(hubUrl: string, key: string) {
    this.socket = new WebSocket(
      `${hubUrl.replace('http', 'ws')}/api/v1/agent`,
      ['openmanager.agent'],
      {
        headers: { authorization: `Bearer ${key}` },
      },
    );
    this.closed = new Promise((resolve) =>
      this.socket.on('close', (code) => {
        resolve(code);
        this.#wake();
      }),
    );
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data) => {
      this.received.push(JSON.parse((data as Buffer).toString()) as AgentDown);
      this.#wake();
    });
  }

  /** Opens, greets, declares the plain set; answers the welcome. */
  static async open(
    hubUrl: string,
    key: string,
    hello: Partial<Hello> = {},
  ): Promise<{ agent: TestAgent; welcome: Down<'welcome'> }> {
    const agent = new TestAgent(hubUrl, key);
    await agent.opened();
    agent.hello(hello);
    const welcome = await agent.next('welcome');
    agent.declare(plainSet);
    return { agent, welcome };
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once('open', () => resolve());
      this.socket.once('error', reject);
    });
  }

  /** HTTP status and body of a refused upgrade. */
  refused(): Promise<{ status: number; body: Problem }> {
    return new Promise((resolve, reject) => {
      this.socket.once('open', () => reject(new Error('was let in')));
      this.socket.once('unexpected-response', (_request, response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }),
        );
      });
    });
  }

  hello(hello: Partial<Hello> = {}): void {
    this.json({
      type: 'hello',
      version: PROTOCOL_VERSION,
      bootEpoch: 1,
      facts,
      intervalMs: 5000,
      nowMs: Date.now(),
      spoolDropped: 0,
      floor: { bootEpoch: hello.bootEpoch ?? 1, seq: 0 },
      acknowledged: nothingReceived,
      ...hello,
    });
  }

  declare(set: { id: string; keys: readonly string[] }): void {
    this.json({ type: 'series-set', id: set.id, keys: set.keys });
  }

  json(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  bytes(bytes: Uint8Array): void {
    this.socket.send(bytes);
  }

  /** One row of the plain set unless told otherwise. */
  batch(seq: number, batch: Partial<Batch> & { values?: readonly number[] } = {}): void {
    const values = batch.values ?? [0.1, 0.2, 1000];
    this.bytes(
      encodeBatch({
        bootEpoch: 1,
        seq,
        setId: plainSet.id,
        timesMs: [Date.now()],
        columns: values.map((value) => Float64Array.of(value)),
        ...batch,
      }),
    );
  }

  count(type: AgentDown['type']): number {
    return this.received.filter((message) => message.type === type).length;
  }

  /** The next message of a type that was not taken yet; those before it stay. */
  async next<T extends AgentDown['type']>(
    type: T,
    accept: (message: Down<T>) => boolean = () => true,
  ): Promise<Down<T>> {
    for (;;) {
      const index = this.received.findIndex(
        (message) => message.type === type && accept(message as Down<T>),
      );
      if (index >= 0) return this.received.splice(index, 1)[0] as Down<T>;
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`closed without ${type}: ${JSON.stringify(this.received)}`);
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

/** The network between agents and the hub: a TCP relay on loopback that parts, loses, stalls, cuts or falls silent. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** TCP sends again what was lost after this, then after twice as long, ms. */
const RETRANSMIT_MS = 200;

export class FaultyWay {
  /** Share of the segments that are lost, and sent again by TCP. */
  loss = 0;
  hubPort = 0;
  lost = 0;
  readonly #random: () => number;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #isParted = false;

  private constructor(server: Server, random: () => number) {
    this.#server = server;
    this.#random = random;
    server.on('connection', (agent) => this.#pairs.add(new Pair(agent, this)));
  }

  static async open(random: () => number): Promise<FaultyWay> {
    const server = createServer();
    const way = new FaultyWay(server, random);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return way;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get isParted(): boolean {
    return this.#isParted;
  }

  /** Nothing passes, and nobody is told. What was sent passes afterwards, as TCP sends it again. */
  part(): void {
    this.#isParted = true;
    for (const pair of this.#pairs) pair.hold();
  }

  heal(): void {
    this.#isParted = false;
    for (const pair of this.#pairs) pair.go();
  }

  /** Every connection is reset. */
  cut(): void {
    for (const pair of this.#pairs) pair.end();
  }

  /** Every connection of now is forgotten on the way: neither side hears of the other again. */
  fallSilent(): void {
    for (const pair of this.#pairs) pair.fallSilent();
  }

  /** How late this segment is, for its losses. */
  delayMs(): number {
    let ms = 0;
    for (let wait = RETRANSMIT_MS; this.#random() < this.loss; wait *= 2) {
      ms += wait;
      this.lost++;
    }
    return ms;
  }

  gone(pair: Pair): void {
    this.#pairs.delete(pair);
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) pair.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

class Pair {
  readonly #agent: Socket;
  readonly #way: FaultyWay;
  #hub: Socket | undefined;
  #isSilent = false;

  constructor(agent: Socket, way: FaultyWay) {
    this.#agent = agent;
    this.#way = way;
    agent.on('error', () => undefined);
    agent.on('close', () => this.end());
    if (!way.isParted) this.go();
  }

  hold(): void {
    this.#agent.pause();
    this.#hub?.pause();
  }

  go(): void {
    if (this.#isSilent) return;
    if (this.#hub === undefined) this.#reach();
    this.#agent.resume();
    this.#hub?.resume();
  }

  end(): void {
    if (!this.#isSilent) this.destroy();
  }

  destroy(): void {
    this.#agent.resetAndDestroy();
    this.#hub?.resetAndDestroy();
    this.#way.gone(this);
  }

  fallSilent(): void {
    this.#isSilent = true;
    this.hold();
    this.#agent.unref();
    this.#hub?.unref();
  }

  #reach(): void {
    const hub = (this.#hub = connect({
      host: '127.0.0.1',
      port: this.#way.hubPort,
      noDelay: true,
    }));
    hub.on('error', () => undefined);
    hub.on('close', () => this.end());
    this.#relay(this.#agent, hub);
    this.#relay(hub, this.#agent);
  }

  #relay(from: Socket, to: Socket): void {
    let before: Promise<void> = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      const lateMs = this.#way.delayMs();
      before = before.then(async () => {
        if (lateMs > 0) await new Promise((resolve) => setTimeout(resolve, lateMs));
        if (!to.destroyed && !this.#isSilent) to.write(chunk);
      });
    });
  }
}

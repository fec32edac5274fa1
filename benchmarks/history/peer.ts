/** Debian's Prometheus and VictoriaMetrics as processes of their own, each with a folder and a port. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { havePeers } from '../peers.ts';
import { peerPath } from '../../scripts/peers/table.ts';

export type PeerName = 'Prometheus' | 'VictoriaMetrics';

/** Clock ticks per second of /proc/PID/stat. */
const TICKS = 100;
const KIBIBYTE = 1024;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

export function folderBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

export class Peer {
  readonly name: PeerName;
  readonly folder: string;
  readonly #url: string;
  readonly #child: ChildProcess;

  private constructor(name: PeerName, folder: string, port: number) {
    this.name = name;
    this.folder = folder;
    this.#url = `http://127.0.0.1:${port}`;
    const data = join(folder, 'data');
    mkdirSync(data, { recursive: true });
    const config = join(folder, 'empty.yml');
    writeFileSync(config, '');
    const listen = `127.0.0.1:${port}`;
    this.#child =
      name === 'Prometheus'
        ? spawn(peerPath('prometheus'), [
            `--config.file=${config}`,
            `--storage.tsdb.path=${data}`,
            '--storage.tsdb.retention.time=10y',
            `--web.listen-address=${listen}`,
            '--web.enable-remote-write-receiver',
            '--log.level=error',
          ])
        : spawn(peerPath('victoria-metrics'), [
            `-storageDataPath=${data}`,
            `-httpListenAddr=${listen}`,
            '-retentionPeriod=10y',
            '-loggerLevel=ERROR',
          ]);
    this.#child.stdout?.resume();
    this.#child.stderr?.resume();
  }

  static async start(name: PeerName, folder: string): Promise<Peer> {
    await havePeers(name === 'Prometheus' ? 'prometheus' : 'victoria-metrics');
    const peer = new Peer(name, folder, await freePort());
    const path = name === 'Prometheus' ? '/-/ready' : '/health';
    for (let tries = 0; ; tries++) {
      const ready = await fetch(peer.#url + path).then(
        ({ ok }) => ok,
        () => false,
      );
      if (ready) return peer;
      if (tries > 200 || peer.#child.exitCode !== null) throw new Error(`${name} does not start`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** User and system time so far, all threads. */
  cpuSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  }

  rssBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * KIBIBYTE;
  }

  async write(body: Buffer): Promise<void> {
    const response = await fetch(`${this.#url}/api/v1/write`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
      },
      body: body as Uint8Array<ArrayBuffer>,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${this.name}: ${response.status} ${text}`);
  }

  /** Makes what was written visible to queries. */
  async settle(): Promise<void> {
    if (this.name === 'VictoriaMetrics')
      await (await fetch(`${this.#url}/internal/force_flush`)).text();
  }

  /** The answer as it comes, unparsed; answers how many series it has. */
  async query(query: string, fromMs: number, toMs: number, stepMs: number): Promise<number> {
    const parameters = new URLSearchParams({
      query,
      start: String(fromMs / 1000),
      end: String(toMs / 1000),
      step: String(stepMs / 1000),
      // Not from VictoriaMetrics' cache of answers.
      nocache: '1',
    });
    const response = await fetch(`${this.#url}/api/v1/query_range?${String(parameters)}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`${this.name}: ${text}`);
    return text.split('"metric":').length - 1;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}

/** Debian's VictoriaMetrics, empty. */
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peerPath } from './table.ts';
import { freePort, startPeer, stopPeer } from './process.ts';

export class VictoriaMetrics {
  readonly url: string;
  readonly #folder: string;
  readonly #port: number;
  #child: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async create(): Promise<VictoriaMetrics> {
    const folder = await mkdtemp(join(tmpdir(), 'openmanager-victoria-'));
    return new VictoriaMetrics(folder, await freePort());
  }

  async start(): Promise<this> {
    this.#child = await startPeer(
      peerPath('victoria-metrics'),
      [
        `-storageDataPath=${this.#folder}`,
        `-httpListenAddr=127.0.0.1:${this.#port}`,
        '-retentionPeriod=10y',
        '-memory.allowedBytes=64MB',
      ],
      `${this.url}/health`,
    );
    return this;
  }

  /** What was written can be read after this. */
  async flush(): Promise<void> {
    await fetch(`${this.url}/internal/force_flush`);
  }

  async stop(): Promise<void> {
    await stopPeer(this.#child);
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Debian's Prometheus with given samples. */
import { execFile, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { peerPath } from './table.ts';
import { freePort, startPeer, stopPeer } from './process.ts';

export class Prometheus {
  readonly url: string;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(url: string, folder: string, child: ChildProcess) {
    this.url = url;
    this.#folder = folder;
    this.#child = child;
  }

  /** `openMetrics` is loaded as blocks before it starts. */
  static async start(openMetrics: string): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'openmanager-prometheus-'));
    await writeFile(join(folder, 'samples.txt'), openMetrics);
    await writeFile(join(folder, 'prometheus.yml'), 'global: {}\n');
    await promisify(execFile)(peerPath('promtool'), [
      'tsdb',
      'create-blocks-from',
      'openmetrics',
      join(folder, 'samples.txt'),
      join(folder, 'data'),
    ]);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = await startPeer(
      peerPath('prometheus'),
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        '--storage.tsdb.retention.time=10y',
        `--web.listen-address=127.0.0.1:${port}`,
        '--enable-feature=promql-negative-offset,promql-at-modifier',
      ],
      `${url}/-/ready`,
    );
    return new Prometheus(url, folder, child);
  }

  async stop(): Promise<void> {
    await stopPeer(this.#child);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

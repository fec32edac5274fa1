import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHub, type HubOptions, type RunningHub } from '../../src/index.ts';
import { HttpClient } from './http-client.ts';

/** A real hub in a folder of its own; its log lines are kept. */
export class HubHarness {
  readonly folder: string;
  readonly log: string[] = [];
  hub!: RunningHub;
  admin!: HttpClient;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(options: Partial<HubOptions> = {}): Promise<HubHarness> {
    const harness = new HubHarness(await mkdtemp(join(tmpdir(), 'openmanager-hub-')));
    await harness.start(options);
    return harness;
  }

  async start(options: Partial<HubOptions> = {}): Promise<void> {
    this.hub = await startHub({
      listen: '127.0.0.1:0',
      dataFolder: join(this.folder, 'data'),
      logLevel: 'debug',
      logDestination: { write: (line: string) => void this.log.push(line) },
      ...options,
    });
    this.admin = new HttpClient(this.hub.url);
    if (this.hub.setupLink !== null) await this.admin.setUp(this.hub.setupLink);
  }

  client(): HttpClient {
    return new HttpClient(this.hub.url);
  }

  async close(): Promise<void> {
    await this.hub.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

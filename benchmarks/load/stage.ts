/** What several benchmarks set up: the hub with its hosts, and a folder for what is recorded. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { quantile, type Figure } from '../harness.ts';
import { LoadClients } from './clients.ts';
import { pinRest } from './cores.ts';
import type { HostsOptions } from './hosts.ts';
import type { HubListening, HubProcessOptions } from './hub.ts';
import { start } from './start.ts';
import { heard, pause } from './talk.ts';

export interface HubStage extends HubListening {
  readonly hub: ChildProcess;
  readonly hosts: ChildProcess;
}

/** Collects what must end with a benchmark, whatever becomes of it. */
export class Stage {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'openmanager-bench-'));
  readonly #children: { kill(): unknown }[] = [];

  keep<T extends { kill(): unknown }>(child: T): T {
    this.#children.push(child);
    return child;
  }

  clients(): LoadClients {
    return this.keep(new LoadClients());
  }

  /** The hub with hosts that send every `intervalMs`, all of them connected. */
  async hub(options: HubProcessOptions, intervalMs: number): Promise<HubStage> {
    const hub = this.keep(start('server', 'hub.ts', options));
    const listening = await heard<HubListening>(hub);
    const { url, keys } = listening;
    const hosts = this.keep(
      start('hosts', 'hosts.ts', { url, keys, intervalMs } satisfies HostsOptions),
    );
    await heard(hosts);
    // The first samples, and the code that handles them, are not what is measured.
    await pause(2 * intervalMs);
    return { ...listening, hub, hosts };
  }

  end(): void {
    for (const child of this.#children) child.kill();
    // A hub that is just ending may still write to it.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Runs a benchmark on a stage that is cleared away after it. */
export async function onStage<T>(play: (stage: Stage) => Promise<T>): Promise<T> {
  pinRest();
  const stage = new Stage();
  try {
    return await play(stage);
  } finally {
    stage.end();
  }
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The alternative's value over ours, where there is such a number. */
export function against(name: string, ours: number, theirs: number): Partial<Figure> {
  const ratio = theirs / ours;
  return { against: name, ...(Number.isFinite(ratio) ? { ratio } : {}) };
}

import type { RemoteStats } from '@openmanager/store';
import type { HealthIssues, RemoteDelivery } from '../ports/index.ts';

const PART = 'cluster';
const POLL_MS = 5_000;

/** Reports when the cluster store is unavailable, and samples dropped on the way to it. */
export class ClusterWatch implements RemoteDelivery {
  readonly #remote: () => RemoteStats;
  readonly #issues: HealthIssues;
  #timer: NodeJS.Timeout | undefined;

  constructor(remote: () => RemoteStats, issues: HealthIssues) {
    this.#remote = remote;
    this.#issues = issues;
  }

  run(): void {
    this.#timer = setInterval(() => this.#poll(), POLL_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  stats(): RemoteStats {
    return this.#remote();
  }

  #poll(): void {
    const { trouble, bytesWaiting, samplesDropped } = this.#remote();
    const dropped = samplesDropped > 0 ? ` ${samplesDropped} samples were dropped.` : '';
    if (trouble !== undefined)
      this.#issues.set(
        PART,
        `The cluster store does not take samples (${trouble}); ${Math.ceil(bytesWaiting / 1e6)} MB wait on disk. Check it, and the address in --store.${dropped}`,
      );
    else if (dropped !== '')
      this.#issues.set(PART, `The cluster store lags behind or refused some:${dropped}`);
    else this.#issues.clear(PART);
  }
}

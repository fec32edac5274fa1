import type { RemoteFigures } from '@openmanager/store';
import type { RemoteDelivery } from '../ports/index.ts';
import type { Problems } from '../ports/health-issues.ts';

const PART = 'cluster';
const LOOK_EVERY_MS = 5_000;

/** Tells when the cluster store does not take what comes, and what was lost on the way. */
export class ClusterWatch implements RemoteDelivery {
  readonly #remote: () => RemoteFigures;
  readonly #problems: Problems;
  #timer: NodeJS.Timeout | undefined;

  constructor(remote: () => RemoteFigures, problems: Problems) {
    this.#remote = remote;
    this.#problems = problems;
  }

  run(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  figures(): RemoteFigures {
    return this.#remote();
  }

  #look(): void {
    const { trouble, bytesWaiting, samplesDropped } = this.#remote();
    const dropped = samplesDropped > 0 ? ` ${samplesDropped} samples were dropped.` : '';
    if (trouble !== undefined)
      this.#problems.set(
        PART,
        `The cluster store does not take samples (${trouble}); ${Math.ceil(bytesWaiting / 1e6)} MB wait on disk. Check it, and the address in --store.${dropped}`,
      );
    else if (dropped !== '')
      this.#problems.set(PART, `The cluster store lags behind or refused some:${dropped}`);
    else this.#problems.clear(PART);
  }
}

import type { StorageFigures } from '@openmanager/protocol';
import type { EmbeddedStore } from '@openmanager/store';
import type { HealthIssues } from '../ports/index.ts';

/** A scan of every chunk is slow, and damage is rare. */
const POLL_MS = 600_000;

/** Disk use of history by tier, and a health issue when chunks are damaged. */
export class StorageWatch {
  readonly #store: Pick<EmbeddedStore, 'historyStats' | 'condition'>;
  readonly #issues: HealthIssues;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Pick<EmbeddedStore, 'historyStats' | 'condition'>, issues: HealthIssues) {
    this.#store = store;
    this.#issues = issues;
  }

  run(): void {
    const poll = (): void => void this.storage().catch(() => undefined);
    this.#timer = setInterval(poll, POLL_MS);
    poll();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async storage(): Promise<StorageFigures> {
    const stats = await this.#store.historyStats();
    if (stats.damaged > 0)
      this.#issues.set(
        'damage',
        `${stats.damaged} pieces of history could not be read and were laid aside; everything else reads. Check the disk.`,
      );
    return { ...stats, clockDoubt: this.#store.condition().clockDoubt };
  }
}

import type { StorageFigures } from '@openmanager/protocol';
import type { SeriesHistory } from '@openmanager/store';
import type { Problems } from '../ports/health-issues.ts';

/** Looking at every chunk takes a while, and damage is rare. */
const LOOK_EVERY_MS = 600_000;

/** What history takes, and whether all of it can be read. */
export class StorageWatch {
  readonly #store: Pick<SeriesHistory, 'details'>;
  readonly #problems: Problems;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Pick<SeriesHistory, 'details'>, problems: Problems) {
    this.#store = store;
    this.#problems = problems;
  }

  run(): void {
    const look = (): void => void this.storage().catch(() => undefined);
    this.#timer = setInterval(look, LOOK_EVERY_MS);
    look();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async storage(): Promise<StorageFigures> {
    const details = await this.#store.details();
    if (details.damaged > 0)
      this.#problems.set(
        'damage',
        `${details.damaged} pieces of history could not be read and were laid aside; everything else reads. Check the disk.`,
      );
    return details;
  }
}

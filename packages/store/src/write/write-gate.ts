/**
 * Whether samples are tried to be written. After a write that failed for a reason that lasts (a full disk, a database that
 * is gone) they are tried once a second, so that a thousand agents that wait cost nothing; others fail at once with the
 * same error. Whatever else is written is always tried: it may be the removal that makes room.
 *
 *          fails                        succeeds
 *   works ───────▶ failing (one try a second) ───────▶ works
 */
import { asStoreError } from '../file/database.ts';
import { FileWatch } from '../file/file-watch.ts';
import { StoreError, type StoreErrorCode } from '../contract/store-error.ts';

const TRY_EVERY_MS = 1000;

/** What lasts until somebody does something about it. */
const lasting: ReadonlySet<StoreErrorCode> = new Set([
  'full',
  'read-only',
  'missing',
  'disk-error',
]);

export class WriteGate {
  readonly #folder: string;
  readonly #files: FileWatch;
  #trouble: StoreError | undefined;
  #triedAtMs = -Infinity;

  constructor(folder: string) {
    this.#folder = folder;
    this.#files = new FileWatch(folder);
  }

  get trouble(): StoreError | undefined {
    return this.#trouble;
  }

  /** Why samples are not tried now; undefined when they are. */
  get refusal(): StoreError | undefined {
    return performance.now() - this.#triedAtMs < TRY_EVERY_MS ? this.#trouble : undefined;
  }

  /** Comes before each transaction; throws when the files are not in their places. */
  enter(): void {
    this.#triedAtMs = performance.now();
    const wrong = this.#files.look();
    if (wrong !== undefined)
      throw (this.#trouble = new StoreError('missing', `${this.#folder}: ${wrong} while in use.`));
  }

  succeeded(): void {
    this.#trouble = undefined;
  }

  failed(error: unknown): void {
    const known = asStoreError(error, this.#folder);
    if (lasting.has(known.code)) this.#trouble = known;
  }
}

import { limits, type BatchRange } from '@openmanager/protocol';
import type { BatchRows } from '../ports/index.ts';

/** A batch that was checked and waits to be stored. */
export interface WaitingBatch {
  /** Which batches of the agent it is. */
  readonly range: BatchRange;
  readonly setId: string;
  readonly keys: readonly string[];
  readonly timesMs: readonly number[];
  readonly columns: readonly Float64Array[];
  readonly receivedMs: number;
  /** The same by a clock that nobody sets. */
  readonly steadyMs: number;
}

export interface AppendQueueOptions {
  /** Makes the rows of these batches durable, and that they are there. */
  readonly append: (batches: readonly WaitingBatch[], rows: BatchRows) => Promise<void>;
  /** These batches are on disk, the last one included; `atOnce` when the first attempt stored them. */
  readonly onStored: (batches: readonly WaitingBatch[], atOnce: boolean) => void;
  /** An attempt failed; `final` when it is not tried again and what waits was given up (the agent still has it). */
  readonly onFailed: (error: unknown, final: boolean) => void;
  /** Everything is stored but what was left out while the store failed: the agent has it and must send it again. */
  readonly onLeftOut: () => void;
  /** Pause between attempts. @default 1000 */
  readonly retryMs?: number;
  /** Attempts before giving up, where it is not the store that fails. @default 10 */
  readonly attempts?: number;
}

/** Unstored bytes that are held while the store fails; what is beyond stays with the agent. */
const FAILING_BYTES = 64 * 1024;

/** What lasts until somebody frees space, mends the disk or the load goes: it is tried again for as long as it takes. */
const lasting: ReadonlySet<unknown> = new Set([
  'full',
  'read-only',
  'missing',
  'disk-error',
  'corrupt',
  'in-use',
  'overloaded',
]);

export const appendQueueDefaults = { retryMs: 1000, attempts: 10 } as const;

/**
 * Stores the batches of one connection in the order in which they came, one append at a time. What arrives meanwhile is
 * joined into the next append, so that a replayed spool is not slowed down by commits.
 *
 * While the store fails the first batches are kept and tried again; further ones are left out, which the agent keeps.
 */
export class AppendQueue {
  readonly #options: AppendQueueOptions;
  #waiting: WaitingBatch[] = [];
  #running: Promise<void> | undefined;
  #bytes = 0;
  #discarded = false;
  #retrying = true;
  #isFailing = false;
  #leftOut = false;
  /** When the first of the batches came that are stored just now, at the first attempt. */
  #storingMs: number | undefined;
  #wake: (() => void) | undefined;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  /** Bytes of decoded samples that are not on disk yet. */
  get unstoredBytes(): number {
    return this.#bytes;
  }

  /** For how long the oldest batch has been waiting for a store that works, ms. */
  get waitMs(): number {
    return this.#storingMs === undefined ? 0 : performance.now() - this.#storingMs;
  }

  push(batch: WaitingBatch): void {
    if (this.#discarded) return;
    // The agent sends everything from the first that was left out on again, with its next connection.
    this.#leftOut ||= this.#isFailing && this.#bytes + sizeOf(batch) > FAILING_BYTES;
    if (this.#leftOut) return;
    this.#waiting.push(batch);
    this.#bytes += sizeOf(batch);
    this.#running ??= this.#pump().finally(() => (this.#running = undefined));
  }

  /** Resolves when the queue is empty and no append is in flight. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Stores what waits, if the store takes it at all, for the end of the hub. */
  async finish(): Promise<void> {
    if (this.#isFailing) this.stopRetrying();
    await this.settled();
  }

  /** Stops retrying: the agent is gone and will send unacknowledged batches again. */
  stopRetrying(): void {
    this.#retrying = false;
    this.#wake?.();
  }

  /** Drops batches that were not passed to the store yet; the agent still has them. */
  discard(): void {
    this.#discarded = true;
    this.#waiting = [];
    this.#bytes = 0;
    this.stopRetrying();
  }

  async #pump(): Promise<void> {
    const { append, onStored, onFailed, onLeftOut } = this.#options;
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      for (let attempt = 1; ; attempt++) {
        try {
          this.#storingMs = attempt === 1 ? group[0]?.steadyMs : undefined;
          await append(group, join(group));
          this.#storingMs = undefined;
        } catch (error) {
          this.#storingMs = undefined;
          const code = codeOf(error);
          const final =
            // A closed store never opens again in this process.
            code === 'closed' ||
            !this.#retrying ||
            (!lasting.has(code) &&
              attempt >= (this.#options.attempts ?? appendQueueDefaults.attempts));
          if (final) this.discard();
          else if (lasting.has(code)) this.#fails();
          onFailed(error, final);
          if (final) return;
          await this.#pause(this.#options.retryMs ?? appendQueueDefaults.retryMs);
          continue;
        }
        this.#isFailing = false;
        if (!this.#discarded) for (const batch of group) this.#bytes -= sizeOf(batch);
        onStored(group, attempt === 1);
        break;
      }
    }
    if (this.#leftOut && !this.#discarded) onLeftOut();
  }

  /** Keeps the oldest of what waits, within the bound. */
  #fails(): void {
    this.#isFailing = true;
    while (this.#bytes > FAILING_BYTES && this.#waiting.length > 0) {
      this.#bytes -= sizeOf(this.#waiting.pop() as WaitingBatch);
      this.#leftOut = true;
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** The first batches that share a set and fit into one append together. */
  #takeGroup(): WaitingBatch[] {
    const first = this.#waiting[0] as WaitingBatch;
    let rows = first.timesMs.length;
    let count = 1;
    for (; count < this.#waiting.length; count++) {
      const next = this.#waiting[count] as WaitingBatch;
      rows += next.timesMs.length;
      if (next.setId !== first.setId || rows * first.keys.length > limits.valuesPerBatch) break;
    }
    return this.#waiting.splice(0, count);
  }
}

function sizeOf(batch: WaitingBatch): number {
  return batch.timesMs.length * (batch.keys.length + 1) * Float64Array.BYTES_PER_ELEMENT;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function join(group: readonly WaitingBatch[]): BatchRows {
  const first = group[0] as WaitingBatch;
  const { setId, keys } = first;
  if (group.length === 1) return { setId, keys, timesMs: first.timesMs, columns: first.columns };
  const timesMs = group.flatMap((batch) => batch.timesMs);
  const columns = keys.map((_, index) => {
    const column = new Float64Array(timesMs.length);
    let at = 0;
    for (const batch of group) {
      column.set(batch.columns[index] as Float64Array, at);
      at += batch.timesMs.length;
    }
    return column;
  });
  return { setId, keys, timesMs, columns };
}

/** A worker thread whose calls are promises. */
import { Worker, type Transferable } from 'node:worker_threads';
import type { CloseCall, Notice, Reply, Request, ThreadOptions } from './messages.ts';
import { StoreError } from '../contract/store-error.ts';

/** Maximum pending calls; further ones fail with `overloaded`. */
export const MAX_WAITING_CALLS = 20_000;

/**
 * Young generation, MB: most objects of a thread are short-lived. With its default V8 lets garbage grow to 96 MB before
 * a collection (measured: 81 MB in the writer of 100 hosts), and external array buffers as much again.
 */
const YOUNG_MB = 6;

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: StoreError) => void;
}

/** Of the thread, or that a call failed because the database is damaged. */
export type ThreadNotice = Notice | { readonly damage: string };

/** `C`: the calls this thread answers, besides `close`. */
export class Thread<C> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  /** Handles messages that are not replies. */
  readonly onNotice: (notice: ThreadNotice) => void;
  #ended: StoreError | undefined;

  private constructor(
    name: 'writer' | 'reader',
    options: ThreadOptions,
    onNotice: (notice: ThreadNotice) => void,
  ) {
    this.onNotice = onNotice;
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#worker = new Worker(new URL(`./${name}-thread.${ending}`, import.meta.url), {
      workerData: options,
      name: `store-${name}`,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      // From source, the thread resolves packages as this one does.
      ...(ending === 'ts' ? { execArgv: ['--conditions=source'] } : {}),
    });
    this.#worker.on('message', (reply: Reply | Notice) => {
      if ('damages' in reply || 'progress' in reply || 'condition' in reply) this.onNotice(reply);
      else this.#settle(reply);
    });
    this.#worker.on('error', (error) => this.#end(new StoreError('failed', String(error))));
    this.#worker.on('exit', () => this.#end(new StoreError('closed', 'The store is closed.')));
  }

  /** Resolves when the thread has opened the database. */
  static async start<C>(
    name: 'writer' | 'reader',
    options: ThreadOptions,
    onNotice: (notice: ThreadNotice) => void,
  ): Promise<Thread<C>> {
    const thread = new Thread<C>(name, options, onNotice);
    try {
      await new Promise((resolve, reject) => thread.#waiting.set(0, { resolve, reject }));
    } catch (error) {
      await thread.#worker.terminate();
      throw error;
    }
    return thread;
  }

  call<T>(call: C, transfer: readonly Transferable[] = []): Promise<T> {
    if (this.#waiting.size >= MAX_WAITING_CALLS)
      return Promise.reject(
        new StoreError('overloaded', `${this.#waiting.size} calls wait for the store.`),
      );
    return this.#send(call, transfer);
  }

  /**
   * A cancellable call: rejects with `cancelled` when the signal aborts. `cancel` makes the message that ends it in the
   * thread.
   */
  callUntil<T>(call: C, signal: AbortSignal | undefined, cancel: (id: number) => C): Promise<T> {
    if (!signal) return this.call(call);
    if (signal.aborted)
      return Promise.reject(new StoreError('cancelled', 'The call was cancelled.'));
    const answer = this.call<T>(call);
    const id = this.#lastId;
    const abort = (): void => this.#worker.postMessage({ id: ++this.#lastId, call: cancel(id) });
    signal.addEventListener('abort', abort, { once: true });
    return answer.finally(() => signal.removeEventListener('abort', abort));
  }

  /** Lets the thread finish, and waits until it is gone. */
  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#worker.once('exit', resolve));
    await this.#send({ call: 'close' }, []);
    await gone;
  }

  #send<T>(call: C | CloseCall, transfer: readonly Transferable[]): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = ++this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject });
      this.#worker.postMessage({ id, call } satisfies Request<C | CloseCall>, transfer);
    });
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply && reply.error.code === 'corrupt')
      this.onNotice({ damage: reply.error.message });
    if ('error' in reply) waiting?.reject(new StoreError(reply.error.code, reply.error.message));
    else waiting?.resolve(reply.answer);
  }

  #end(error: StoreError): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

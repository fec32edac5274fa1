/** One worker thread behind promises. */
import { Worker } from 'node:worker_threads';
import type { Call, Reply, Request, ThreadOptions } from './messages.ts';
import { StoreError } from './metric-store.ts';

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: StoreError) => void;
}

export class Thread {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private dead: StoreError | undefined;

  private constructor(name: 'writer' | 'reader', options: ThreadOptions) {
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.worker = new Worker(new URL(`./${name}-thread.${ending}`, import.meta.url), {
      workerData: options,
      name: `store-${name}`,
      // From source, the thread resolves packages as this one does.
      ...(ending === 'ts' ? { execArgv: ['--conditions=source'] } : {}),
    });
    this.worker.on('message', (reply: Reply) => this.settle(reply));
    this.worker.on('error', (error) => this.end(new StoreError('failed', String(error))));
    this.worker.on('exit', () => this.end(new StoreError('closed', 'the store is closed')));
  }

  /** Resolves when the thread has opened the database. */
  static async start(name: 'writer' | 'reader', options: ThreadOptions): Promise<Thread> {
    const thread = new Thread(name, options);
    try {
      await new Promise((resolve, reject) => thread.waiting.set(0, { resolve, reject }));
    } catch (error) {
      await thread.worker.terminate();
      throw error;
    }
    return thread;
  }

  call<T>(call: Call): Promise<T> {
    if (this.dead) return Promise.reject(this.dead);
    const id = ++this.lastId;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject });
      this.worker.postMessage({ id, call } satisfies Request);
    });
  }

  private settle(reply: Reply): void {
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if ('error' in reply) waiting?.reject(new StoreError(reply.error.code, reply.error.message));
    else waiting?.resolve(reply.answer);
  }

  private end(error: StoreError): void {
    this.dead ??= error;
    for (const { reject } of this.waiting.values()) reject(this.dead);
    this.waiting.clear();
  }
}

/**
 * PromQL on the store, computed in threads of its own: no query delays what the event loop does. Each thread works on
 * one query at a time; a cancelled or late one ends with its thread.
 */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { Worker } from 'node:worker_threads';
import type { SeriesHistory } from '@openmanager/store/contract';
import { StoreError } from '@openmanager/store/contract';
import { PromqlError } from './promql-error.ts';
import type {
  FromThread,
  Question,
  StoreAnswer,
  StoreQuestion,
  ThreadError,
  ToThread,
} from './questions.ts';
import type { ExposedHost } from './series-source.ts';

/** Trees of a query are as deep as its longest chain. */
const STACK_MB = 16;

export interface PromqlOptions {
  readonly history: Pick<SeriesHistory, 'listSeries' | 'select'>;
  /** The hosts there are, by what people call them. */
  readonly hosts: () => readonly ExposedHost[];
  readonly now?: (() => number) | undefined;
  readonly limits?: Partial<PromqlLimits> | undefined;
}

export interface PromqlLimits {
  /** Queries that are computed at the same time. @default 2 */
  readonly threads: number;
  /** Queries of one subject that may wait; further ones are refused with `unavailable`. @default 200 */
  readonly waiting: number;
  /** Queries that may wait of all subjects. @default 2_000 */
  readonly waitingOfAll: number;
  /** A query fails with `timeout` after this, ms. @default 30_000 */
  readonly timeoutMs: number;
  /** Maximum points a selector may read, and values a part of the query may have. @default 2_000_000 */
  readonly maxPoints: number;
  /** Memory of a thread for labels and text, MB; columns of numbers are bounded by `maxPoints`. @default 512 */
  readonly heapMb: number;
  /** An idle thread ends after this, ms. @default 60_000 */
  readonly idleMs: number;
}

export const PromqlDefaults: PromqlLimits = {
  threads: 2,
  waiting: 200,
  waitingOfAll: 2_000,
  timeoutMs: 30_000,
  maxPoints: 2_000_000,
  heapMb: 512,
  idleMs: MINUTE_MS,
};

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** Shorter than the default. */
  readonly timeoutMs?: number | undefined;
  /** Who asks: nobody gets all threads, and those who wait take turns. @default the hub itself */
  readonly subject?: string | undefined;
  /** Told before the answer what it leaves out. */
  readonly onWarnings?: ((warnings: readonly string[]) => void) | undefined;
}

interface Job {
  readonly question: Question;
  readonly subject: string;
  readonly onWarnings: AskOptions['onWarnings'];
  readonly resolve: (data: Uint8Array<ArrayBuffer>) => void;
  readonly reject: (error: PromqlError) => void;
  /** Aborted when the query ends for any reason. */
  readonly ended: AbortController;
}

/** A thread and what it works on. */
interface Lane {
  readonly worker: Worker;
  job: Job | undefined;
  /** Ends the thread that has nothing to do. */
  idle: NodeJS.Timeout | undefined;
}

export class PromqlEngine {
  readonly #options: PromqlOptions;
  readonly #limits: PromqlLimits;
  readonly #lanes = new Set<Lane>();
  /** By subject, whose turn is next first. */
  readonly #waiting = new Map<string, Job[]>();
  #stopped = false;

  constructor(options: PromqlOptions) {
    this.#options = options;
    this.#limits = { ...PromqlDefaults, ...options.limits };
  }

  /** JSON text of `data` in UTF-8. Throws PromqlError. */
  ask(
    question: Question,
    { signal, timeoutMs, subject = '', onWarnings }: AskOptions = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#stopped) return Promise.reject(new PromqlError('unavailable', 'the hub is stopping'));
    if (signal?.aborted) return Promise.reject(new PromqlError('canceled', 'query was canceled'));
    const full = this.#fullFor(subject);
    if (full !== undefined) return Promise.reject(new PromqlError('unavailable', full));
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
    const ended = new AbortController();
    const job: Job = { question, subject, onWarnings, resolve, reject, ended };
    const limit = Math.min(this.#limits.timeoutMs, timeoutMs ?? Infinity);
    const late = (): void =>
      this.#fail(
        job,
        new PromqlError('timeout', `query timed out after ${limit / 1000} s; ask for less`),
      );
    const timer = setTimeout(late, limit);
    const cancel = (): void => this.#fail(job, new PromqlError('canceled', 'query was canceled'));
    signal?.addEventListener('abort', cancel, { once: true });
    const queue = this.#waiting.get(subject);
    if (queue) queue.push(job);
    else this.#waiting.set(subject, [job]);
    this.#next();
    return promise.finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      job.ended.abort();
    });
  }

  /** Ends what runs and refuses what waits. */
  stop(): void {
    this.#stopped = true;
    const error = new PromqlError('unavailable', 'the hub is stopping');
    for (const job of [...this.#waiting.values()].flat()) job.reject(error);
    this.#waiting.clear();
    for (const lane of this.#lanes) this.#end(lane, error);
  }

  #fullFor(subject: string): string | undefined {
    const { waiting, waitingOfAll } = this.#limits;
    const own = this.#waiting.get(subject)?.length ?? 0;
    if (own >= waiting) return `${own} of your queries wait already; try again later`;
    const all = [...this.#waiting.values()].reduce((sum, { length }) => sum + length, 0);
    return all >= waitingOfAll ? `${all} queries wait already; try again later` : undefined;
  }

  /** Subjects take turns, and each leaves one thread to the others. */
  #turn(): Job | undefined {
    const most = Math.max(1, this.#limits.threads - 1);
    for (const [subject, queue] of this.#waiting) {
      const running = [...this.#lanes].filter(({ job }) => job?.subject === subject).length;
      if (running >= most) continue;
      const job = queue.shift();
      this.#waiting.delete(subject);
      if (queue.length > 0) this.#waiting.set(subject, queue);
      return job;
    }
    return undefined;
  }

  #next(): void {
    while (this.#waiting.size > 0) {
      const idle = [...this.#lanes].find(({ job }) => job === undefined);
      if (!idle && this.#lanes.size >= this.#limits.threads) return;
      const job = this.#turn();
      if (!job) return;
      const lane = idle ?? this.#open();
      clearTimeout(lane.idle);
      lane.job = job;
      lane.worker.ref();
      const { maxPoints } = this.#limits;
      const nowMs = (this.#options.now ?? Date.now)();
      lane.worker.postMessage({ question: job.question, nowMs, maxPoints } satisfies ToThread);
    }
  }

  #open(): Lane {
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./query-thread.${ending}`, import.meta.url), {
      name: 'promql',
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.heapMb, stackSizeMb: STACK_MB },
      // From source, the thread resolves packages as this one does.
      ...(ending === 'ts' ? { execArgv: ['--conditions=source'] } : {}),
    });
    const lane: Lane = { worker, job: undefined, idle: undefined };
    this.#lanes.add(lane);
    worker.on('message', (message: FromThread) => this.#onMessage(lane, message));
    worker.on('error', (error) => this.#end(lane, this.#ofThread(error)));
    return lane;
  }

  #ofThread(error: unknown): PromqlError {
    const tooMuch =
      error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    return tooMuch
      ? new PromqlError(
          'execution',
          `query processing would take more than ${this.#limits.heapMb} MB of memory; ask for fewer series or shorter labels`,
        )
      : new PromqlError('internal', String(error));
  }

  #onMessage(lane: Lane, message: FromThread): void {
    const { job, worker } = lane;
    if (!job) return;
    if ('ask' in message) {
      const reply = (answer: ToThread, transfer: readonly ArrayBuffer[] = []): void => {
        if (!job.ended.signal.aborted) worker.postMessage(answer, transfer);
      };
      void this.#answer(job, message.ask).then(
        (answer) => reply({ id: message.id, answer }, buffersOf(answer)),
        (error: unknown) => reply({ id: message.id, error: asThreadError(error) }),
      );
      return;
    }
    lane.job = undefined;
    worker.unref();
    const tired = (): void => this.#end(lane, new PromqlError('internal', 'the thread was ended'));
    lane.idle = setTimeout(tired, this.#limits.idleMs);
    lane.idle.unref();
    if ('data' in message) {
      if (message.warnings.length > 0) job.onWarnings?.(message.warnings);
      job.resolve(message.data);
    } else job.reject(new PromqlError(message.error.type, message.error.message));
    this.#next();
  }

  async #answer(job: Job, question: StoreQuestion): Promise<StoreAnswer> {
    const { history, hosts } = this.#options;
    const { signal } = job.ended;
    if (question.ask === 'hosts') return hosts();
    if (question.ask === 'list') {
      const { hostIds, metrics } = question;
      const refs = await history.listSeries({
        hostIds,
        matchers: metrics === undefined ? [] : [{ label: '__name__', op: '=~', value: metrics }],
      });
      const byHost = new Map<string, string[]>();
      for (const { hostId, key } of refs) {
        const keys = byHost.get(hostId);
        if (keys) keys.push(key);
        else byHost.set(hostId, [key]);
      }
      return [...byHost];
    }
    const { series, fromMs, toMs, stepMs } = question;
    const { maxPoints } = this.#limits;
    return (await history.select({ series, fromMs, toMs, stepMs, maxPoints, signal })).series;
  }

  #fail(job: Job, error: PromqlError): void {
    const queue = this.#waiting.get(job.subject)?.filter((one) => one !== job);
    if (queue?.length === 0) this.#waiting.delete(job.subject);
    else if (queue) this.#waiting.set(job.subject, queue);
    job.reject(error);
    const lane = [...this.#lanes].find((one) => one.job === job);
    if (lane) this.#end(lane, error);
  }

  /** Terminates the thread and fails its job. */
  #end(lane: Lane, error: PromqlError): void {
    this.#lanes.delete(lane);
    clearTimeout(lane.idle);
    lane.job?.ended.abort();
    lane.job?.reject(error);
    lane.job = undefined;
    void lane.worker.terminate();
    if (!this.#stopped) this.#next();
  }
}

function asThreadError(error: unknown): ThreadError {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof StoreError)) return { type: 'internal', message };
  if (error.code === 'too-large')
    return {
      type: 'execution',
      message: `query processing would load too many samples into memory: ${message}; ask for fewer series or a shorter span`,
    };
  if (error.code === 'cancelled') return { type: 'canceled', message };
  // Where the data lies is no business of who asks; the hub's log and its health say what is wrong with it.
  return { type: 'unavailable', message: `the store cannot answer (${error.code})` };
}

/** Series share columns: each is given away once. */
function buffersOf(answer: StoreAnswer): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const one of answer)
    if ('timesMs' in one)
      for (const column of [
        one.timesMs,
        one.widthsMs,
        one.min,
        one.max,
        one.mean,
        one.last,
        one.count,
      ])
        buffers.add(column.buffer as ArrayBuffer);
  return [...buffers];
}

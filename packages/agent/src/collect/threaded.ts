/**
 * The collector in a thread of its own. A file of /proc or /sys may not answer for minutes, or ever: the command line of
 * a process that waits for a dead server, a sensor of a disk that is lost. The thread that reads it then stands still;
 * this one connects, spools and ends as it is told. After a deadline a second thread reads everything but that source,
 * until the first has its answer.
 */
import { Worker } from 'node:worker_threads';
import { type ProcessRow, seriesKey } from '@openmanager/protocol';
import { AgentError } from '../agent-error.ts';
import { type Log, silent } from '../log.ts';
import type { ChoiceEntries } from './choices.ts';
import type { CollectedFacts, Collector, Sample, SampleOptions, SourceCosts } from './collector.ts';
import type { Call, FromThread, ThreadData, ThreadError } from './thread-messages.ts';

/** A source without an answer for so many ticks is stuck: ticks, since a suspended machine's clock leaps. */
const DEADLINE_TICKS = 5;
const TICK_MS = 1_000;
/** Threads that may wait for a source each; with more, everything waits for one of them. */
const MOST_STUCK = 4;
/** Time for a thread to end that reads nothing. */
const END_MS = 500;
/** What no other thread could leave out; '' is what belongs to no source. */
const NEEDED: readonly string[] = ['facts', 'not-listed', ''];
const FAILURES = 'openmanager.agent.collect.failures';

export interface ThreadedOptions extends ChoiceEntries {
  readonly log?: Log;
  /** Folder in front of /proc and others. @default '' */
  readonly root?: string;
  /** @default 1_000 */
  readonly tickMs?: number;
}

interface Pending {
  readonly call: Call;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

class Thread {
  readonly worker: Worker;
  readonly marker = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
  readonly pending = new Map<number, Pending>();
  names: readonly string[] = [];
  keys: readonly string[] = [];
  stuck = 0;
  /** Ticks since the last answer or question. */
  ticks = 0;

  constructor(options: Omit<ThreadData, 'marker'>) {
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.worker = new Worker(new URL(`./collector-thread.${ending}`, import.meta.url), {
      name: 'collector',
      // What is read is forgotten at once.
      resourceLimits: { maxYoungGenerationSizeMb: 2 },
      workerData: { ...options, marker: this.marker } satisfies ThreadData,
      // From source, the thread resolves packages as this one does.
      ...(ending === 'ts' ? { execArgv: ['--conditions=source'] } : {}),
    });
    this.worker.unref();
  }

  get reading(): string {
    return this.names[this.marker[0] as number] ?? '';
  }
}

export class ThreadedCollector implements Collector {
  readonly #options: ThreadedOptions;
  readonly #log: Log;
  #thread: Thread | undefined;
  /** By the source that each waits for. */
  readonly #stuck = new Map<string, Thread>();
  /** Threads that were told to end and have not. */
  #ending = 0;
  #nextId = 0;
  #ticking: NodeJS.Timeout | undefined;
  #given: readonly string[] | undefined;
  #left = '';
  #keys: readonly string[] = [];
  #values = new Float64Array(0);

  /** Throws AgentError for a choice that names no source. */
  static async open(options: ThreadedOptions): Promise<ThreadedCollector> {
    const collector = new ThreadedCollector(options);
    try {
      await collector.#ask({ call: 'open' });
    } catch (error) {
      await collector.close();
      throw error;
    }
    return collector;
  }

  private constructor(options: ThreadedOptions) {
    this.#options = options;
    this.#log = options.log ?? silent;
  }

  facts(): Promise<CollectedFacts> {
    return this.#ask({ call: 'facts' }) as Promise<CollectedFacts>;
  }

  async sample(timeMs: number, options: SampleOptions): Promise<Sample> {
    const sample = (await this.#ask({ call: 'sample', timeMs, options })) as Sample;
    // What is left out is told, so that whoever misses its series finds the reason beside them.
    const left = [...this.#stuck.keys()];
    if (sample.keys !== this.#given || this.#left !== left.join()) {
      this.#given = sample.keys;
      this.#left = left.join();
      this.#keys = [...sample.keys, ...left.map((source) => seriesKey(FAILURES, { source }))];
      this.#values = new Float64Array(this.#keys.length).fill(1);
    }
    this.#values.set(sample.values);
    return { keys: this.#keys, values: this.#values };
  }

  processes(): Promise<readonly ProcessRow[] | undefined> {
    return this.#ask({ call: 'processes' }) as Promise<readonly ProcessRow[] | undefined>;
  }

  costs(): Promise<SourceCosts> {
    return this.#ask({ call: 'costs' }) as Promise<SourceCosts>;
  }

  async settled(): Promise<void> {
    await this.#ask({ call: 'settled' });
  }

  stuck(): number {
    return this.#stuck.size + this.#ending + (this.#thread?.stuck ?? 0);
  }

  async close(): Promise<void> {
    clearInterval(this.#ticking);
    const thread = this.#thread;
    this.#thread = undefined;
    // Nobody waits for these any more.
    thread?.pending.clear();
    if (thread) await this.#end(thread);
  }

  #ask(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => this.#send({ call, resolve, reject }));
  }

  #send(pending: Pending): void {
    const thread = (this.#thread ??= this.#open());
    const id = this.#nextId++;
    thread.pending.set(id, pending);
    thread.ticks = 0;
    thread.worker.postMessage({ ...pending.call, id });
    thread.worker.ref();
    this.#ticking ??= setInterval(() => this.#tick(), this.#options.tickMs ?? TICK_MS).unref();
  }

  #open(): Thread {
    const { include, exclude = [], root } = this.#options;
    const thread = new Thread({
      ...(include === undefined ? {} : { include }),
      exclude: [...exclude, ...this.#stuck.keys()],
      ...(root === undefined ? {} : { root }),
    });
    thread.worker.on('message', (message: FromThread) => this.#onMessage(thread, message));
    const gone = (error: Error): void => {
      if (this.#thread === thread) this.#thread = undefined;
      for (const { reject } of thread.pending.values()) reject(error);
      thread.pending.clear();
    };
    thread.worker.on('error', (error: unknown) => {
      this.#answeredLate(thread);
      gone(error instanceof Error ? error : new Error(String(error)));
    });
    thread.worker.on('exit', () => gone(new Error('the thread that reads this machine ended')));
    return thread;
  }

  #onMessage(thread: Thread, message: FromThread): void {
    if ('log' in message) return this.#log(...message.log);
    if ('names' in message) {
      thread.names = message.names;
      return;
    }
    if (thread !== this.#thread) return this.#answeredLate(thread);
    thread.ticks = 0;
    const pending = thread.pending.get(message.id);
    thread.pending.delete(message.id);
    if (thread.pending.size === 0) thread.worker.unref();
    if ('error' in message) return pending?.reject(asError(message.error));
    thread.stuck = message.stuck;
    if (!('sample' in message)) return pending?.resolve(message.answered);
    const { keys, values } = message.sample;
    if (keys) thread.keys = keys;
    pending?.resolve({ keys: thread.keys, values });
  }

  /** A source has answered at last: everything is read by one thread again, beginning with the next question. */
  #answeredLate(thread: Thread): void {
    for (const [source, one] of this.#stuck)
      if (one === thread) {
        this.#stuck.delete(source);
        this.#log('info', 'a source answers again', { source });
        void this.#end(thread);
        const reader = this.#thread;
        if (!reader) return;
        this.#thread = undefined;
        for (const pending of reader.pending.values()) this.#send(pending);
        reader.pending.clear();
        void this.#end(reader);
      }
  }

  #tick(): void {
    const thread = this.#thread;
    if (!thread || thread.pending.size === 0) return;
    // What only waits, such as for programs that were asked, does not stand still.
    if ([...thread.pending.values()].every(({ call }) => call.call === 'settled')) return;
    const source = thread.reading;
    // Not begun yet: a busy machine takes its time to start a thread.
    if (thread.names.length === 0 || ++thread.ticks !== DEADLINE_TICKS) return;
    if (NEEDED.includes(source) || this.#stuck.size >= MOST_STUCK)
      return this.#log('error', 'this machine does not answer; nothing is read until it does', {
        source,
      });
    this.#log('error', 'a source does not answer; it is left out until it does', { source });
    this.#stuck.set(source === 'activity' ? 'cpu' : source, thread);
    thread.worker.unref();
    this.#thread = undefined;
    for (const pending of thread.pending.values()) this.#send(pending);
    thread.pending.clear();
  }

  async #end(thread: Thread): Promise<void> {
    this.#ending++;
    const ended = new Promise<boolean>((resolve) => {
      thread.worker.once('exit', () => {
        this.#ending--;
        resolve(true);
      });
    });
    thread.worker.postMessage('close');
    thread.worker.ref();
    let late: NodeJS.Timeout | undefined;
    await Promise.race([
      ended,
      new Promise<void>((resolve) => {
        late = setTimeout(() => {
          thread.worker.unref();
          void thread.worker.terminate();
          resolve();
        }, END_MS);
      }),
    ]);
    clearTimeout(late);
  }
}

function asError({ message, code, action }: ThreadError): Error {
  return code === undefined ? new Error(message) : new AgentError(code, message, action ?? '');
}

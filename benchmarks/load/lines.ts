import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

type Answer = Readonly<Record<string, unknown>> & { readonly event: string };

/** Talks with a program that takes a command per line and answers with a JSON line that names its event. */
export class LineTalk {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<
    string,
    { resolve: (answer: Answer) => void; reject: (error: Error) => void }[]
  >();
  /** Answers that came before anyone asked. */
  readonly #early = new Map<string, Answer[]>();
  #ended: Error | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on(
      'line',
      (line) => this.#heard(JSON.parse(line) as Answer),
    );
    child.on('error', (error) => this.#end(error));
    child.on('exit', (code, signal) => this.#end(new Error(`ended with ${code ?? signal}`)));
  }

  tell(command: string): void {
    this.#child.stdin?.write(`${command}\n`);
  }

  /** The next answer with this event, and of this group where one is named. */
  async answer<T>(event: string, group?: string): Promise<T> {
    const key = keyOf(event, group);
    const ready = this.#early.get(key)?.shift();
    if (ready !== undefined) return ready as T;
    if (this.#ended) throw this.#ended;
    return await new Promise<T>((resolve, reject) => {
      const queue = this.#waiting.get(key) ?? [];
      queue.push({ resolve: resolve as (answer: Answer) => void, reject });
      this.#waiting.set(key, queue);
    });
  }

  #heard(answer: Answer): void {
    const key = keyOf(answer.event, answer['group'] as string | undefined);
    const waiter = this.#waiting.get(key)?.shift();
    if (waiter) waiter.resolve(answer);
    else this.#early.set(key, [...(this.#early.get(key) ?? []), answer]);
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const queue of this.#waiting.values())
      for (const { reject } of queue.splice(0)) reject(this.#ended);
  }
}

function keyOf(event: string, group: string | undefined): string {
  return group === undefined ? event : `${event} ${group}`;
}

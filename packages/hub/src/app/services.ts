/** The parts of the hub in the order in which they start. They stop in the reverse order. */
import type { Logger } from 'pino';
import type { Service } from '../ports/index.ts';
import { within } from './within.ts';

/** Bound of the drain of all parts together; what is not acknowledged by then stays in the agents' spools. */
export const DRAIN_MS = 1_000;
/** Bound of a whole stop, below the time after which service managers kill. */
export const TOTAL_MS = 4_000;

interface Entry {
  readonly name: string;
  readonly stopMs: number;
  readonly part: Partial<Service>;
}

export class Services {
  readonly #log: Logger;
  readonly #entries: Entry[] = [];
  #totalMs = DRAIN_MS;
  #stopping: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Adds an open part; its stop is cut short after `stopMs`. Answers the part. Throws when a stop could take too long. */
  add<T extends Partial<Service>>(name: string, stopMs: number, part: T): T {
    this.#totalMs += stopMs;
    if (this.#totalMs > TOTAL_MS) throw new Error(`With “${name}” a stop may take too long.`);
    this.#entries.push({ name, stopMs, part });
    return part;
  }

  async run(): Promise<void> {
    for (const { part } of this.#entries) await part.run?.();
  }

  /** Drains all, then stops one after the other. Further calls wait for the first. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    const entries = this.#entries.toReversed();
    await this.#step('drain', DRAIN_MS, async () => {
      await Promise.all(
        entries.map(({ name, part }) => this.#guard(`drain ${name}`, async () => part.drain?.())),
      );
    });
    for (const { name, stopMs, part } of entries)
      await this.#step(`stop ${name}`, stopMs, async () => part.stop?.());
  }

  async #step(step: string, ms: number, work: () => Promise<void>): Promise<void> {
    if (!(await within(ms, this.#guard(step, work))))
      this.#log.warn({ step }, 'a step of the stop took too long');
  }

  /** One part that fails keeps no other from stopping. */
  async #guard(step: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#log.error({ err: error, step }, 'a step of the stop failed');
    }
  }
}

/** Starts parts; when that fails, those that were added are stopped again. */
export async function withServices<T>(
  log: Logger,
  start: (services: Services) => Promise<T>,
): Promise<T> {
  const services = new Services(log);
  try {
    return await start(services);
  } catch (error) {
    await services.stop();
    throw error;
  }
}

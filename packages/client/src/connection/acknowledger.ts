import { limits } from '@openmanager/protocol';
import type { Cancel, Environment } from './environment.ts';

/**
 * Delayed acknowledgements: `limits.acknowledgeMs` after the first unacknowledged frame, or at once after
 * `limits.acknowledgeBytes`. The connection's probe carries the number too, so that a link with a frame a second needs
 * no further messages.
 */
export class Acknowledger {
  readonly #environment: Pick<Environment, 'after'>;
  readonly #tell: (frames: number) => void;
  #frames = 0;
  #bytes = 0;
  #cancel: Cancel | undefined;

  constructor(environment: Pick<Environment, 'after'>, tell: (frames: number) => void) {
    this.#environment = environment;
    this.#tell = tell;
  }

  received(bytes: number): void {
    this.#frames++;
    this.#bytes += bytes;
    if (this.#bytes >= limits.acknowledgeBytes) this.#tell(this.take());
    else
      this.#cancel ??= this.#environment.after(limits.acknowledgeMs, () => this.#tell(this.take()));
  }

  /** The number of frames to acknowledge, sent by the caller. */
  take(): number {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#bytes = 0;
    return this.#frames;
  }

  /** A new link counts from nothing. */
  reset(): void {
    this.take();
    this.#frames = 0;
  }
}

import type { HealthStatus } from '@openmanager/protocol';

export interface IssueOptions {
  /** The hub cannot do its job while this lasts: probes are answered 503. @default false */
  readonly down?: boolean;
}

interface Issue {
  readonly sentence: string;
  readonly isDown: boolean;
}

/** What does not work at the moment, by part. */
export class HealthIssues {
  readonly #byPart = new Map<string, Issue>();

  /** One sentence for a part: it replaces the part's last one. */
  set(part: string, sentence: string, { down = false }: IssueOptions = {}): void {
    this.#byPart.set(part, { sentence, isDown: down });
  }

  clear(part: string): void {
    this.#byPart.delete(part);
  }

  /** Those that keep the hub from its job first. */
  list(): readonly string[] {
    return this.#sorted().map(([, { sentence }]) => sentence);
  }

  /** The part that each of `list` is about, without which one of several: `machine`, not `machine:abc`. */
  parts(): readonly string[] {
    return this.#sorted().map(([part]) => part.replace(/:.*/s, ''));
  }

  #sorted(): readonly (readonly [string, Issue])[] {
    return [...this.#byPart].toSorted(
      ([, one], [, other]) => Number(other.isDown) - Number(one.isDown),
    );
  }

  status(): HealthStatus {
    const issues = [...this.#byPart.values()];
    if (issues.some(({ isDown }) => isDown)) return 'down';
    return issues.length === 0 ? 'ok' : 'degraded';
  }

  /** Whether the store takes data: the error of a write, or undefined once one succeeded again. */
  store(error: unknown): void {
    if (error === undefined) this.clear('store');
    else
      this.set(
        'store',
        'The store does not take data: check the disk space and permissions of the data folder. Agents keep their data meanwhile.',
        { down: true },
      );
  }
}

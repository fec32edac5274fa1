import type { Logger } from 'pino';
import type { EmbeddedStore, StoreCondition } from '@openmanager/store';
import type { EventLog, HealthIssues, Unsubscribe } from '../ports/index.ts';

export interface ConditionWatchOptions {
  readonly store: Pick<EmbeddedStore, 'condition' | 'onCondition' | 'acceptClock'>;
  readonly issues: HealthIssues;
  readonly events: Pick<EventLog, 'record'>;
  readonly log: Logger;
}

/** What the store can do: as health issues, and as one event and one line of the log whenever it changes. */
export class ConditionWatch {
  readonly #options: ConditionWatchOptions;
  #last: StoreCondition | undefined;
  #unsubscribe: Unsubscribe | undefined;

  constructor(options: ConditionWatchOptions) {
    this.#options = options;
  }

  run(): void {
    const { store } = this.#options;
    this.#unsubscribe = store.onCondition((condition) => this.#look(condition));
    this.#look(store.condition());
  }

  stop(): void {
    this.#unsubscribe?.();
  }

  /** An administrator says that the hub's clock is right although it jumped. */
  async trustClock(): Promise<void> {
    await this.#options.store.acceptClock();
  }

  #look(condition: StoreCondition): void {
    const before = this.#last;
    this.#last = condition;
    this.#clock(condition, before);
  }

  #clock({ clockDoubt }: StoreCondition, before: StoreCondition | undefined): void {
    const { issues, events, log } = this.#options;
    if (clockDoubt) {
      const { clockMs, trustedMs } = clockDoubt;
      issues.set(
        'retention',
        `The clock of the hub jumped from ${iso(trustedMs)} to ${iso(clockMs)}. Nothing is removed by its age until the clock is set right, or an administrator says on the System page that it is.`,
      );
      if (before?.clockDoubt) return;
      log.warn({ clockMs, trustedMs }, 'the clock jumped: nothing is removed by its age');
      events.record('clock-doubted', undefined, { offsetMs: clockMs - trustedMs });
    } else if (before?.clockDoubt) {
      issues.clear('retention');
      log.info('the clock counts again: history is removed by its age');
      events.record('clock-trusted', undefined, {});
    }
  }
}

function iso(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16)}Z`;
}

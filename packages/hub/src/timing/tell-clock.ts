import { SECOND_MS } from '@openmanager/protocol/durations';
import type { Logger } from 'pino';
import type { EventLog, HealthIssues } from '../ports/index.ts';
import type { HubClock } from './hub-clock.ts';

export interface ClockTeller {
  readonly issues: HealthIssues;
  readonly events: Pick<EventLog, 'record'>;
  readonly log: Logger;
}

/** Says what became of the hub's clock: as an event, in the log, and as a problem while a jump is held. */
export function tellClock(clock: HubClock, { issues, events, log }: ClockTeller): void {
  clock.onChange(({ kind, stepMs }) => {
    const seconds = Math.round(Math.abs(stepMs) / SECOND_MS);
    const jump = `set ${stepMs > 0 ? 'forward' : 'back'} by ${seconds} s`;
    if (kind === 'held') {
      log.warn({ stepMs }, 'the clock was set, and agents are asked what time it is');
      issues.set(
        'clock',
        `The clock of the hub's machine was ${jump}, which its agents do not confirm: the hub goes on by the time before. Correct the machine's clock, or that of the agents' machines.`,
      );
      events.record('hub-clock-held', undefined, { offsetMs: stepMs });
      return;
    }
    issues.clear('clock');
    if (kind === 'moved') {
      log.warn({ stepMs }, 'the clock was set, and the hub follows');
      events.record('hub-clock-set', undefined, { offsetMs: stepMs });
    } else {
      log.warn({ stepMs }, 'the clock is where it was before it was set');
      events.record('hub-clock-returned', undefined, { offsetMs: stepMs });
    }
  });
}

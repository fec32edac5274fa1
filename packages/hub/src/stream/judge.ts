import type { Severity } from '@openmanager/protocol';
import { map, type OperatorFunction } from 'rxjs';
import type { Judge } from '../ports/live.ts';
import type { HostUpdate } from '../ports/update.ts';
import type { HostSignal } from './view.ts';

/**
 * First stage: alert rules judge every sample, before throttling may hold it back or drop it. If the judge throws,
 * `onError` gets the error and the host keeps its severity (`current`).
 */
export function judged(
  judge: Judge,
  current: (hostId: string) => Severity | undefined,
  onError: (error: unknown) => void,
): OperatorFunction<HostUpdate, HostSignal> {
  return map((update): HostSignal => {
    let severity = current(update.hostId);
    try {
      severity = judge(update);
    } catch (error) {
      onError(error);
    }
    return { kind: 'sample', hostId: update.hostId, update, severity };
  });
}

import {
  Observable,
  type MonoTypeOperatorFunction,
  type SchedulerLike,
  type Subscription,
} from 'rxjs';

export interface ConflateOptions<T> {
  /** One item per interval in the long run. */
  readonly intervalMs: number;
  /**
   * How much earlier than a full interval after the last item one may pass. Without it the turn of a host that
   * sends once per interval moves back with each late sample and never forward again, so that after one stall of
   * 300 ms every later sample would wait 300 ms.
   */
  readonly slackMs: number;
  readonly scheduler: SchedulerLike;
  /** Items that pass at once and do not use up a turn. */
  readonly isFree?: (item: T) => boolean;
  /** Called for each item that a newer one replaced. */
  readonly onReplaced?: () => void;
}

/**
 * Third stage: at most one item per interval, leading and trailing: the first at once, then the newest of those
 * that came meanwhile. n items take at least (n − 1) · interval − slack, and the newest waits at most one
 * interval. Holds at most one item. Ends without it when the source ends: the host was removed.
 */
export function conflate<T>(options: ConflateOptions<T>): MonoTypeOperatorFunction<T> {
  const { intervalMs, slackMs, scheduler, isFree, onReplaced } = options;
  return (source$) =>
    new Observable<T>((subscriber) => {
      let nextMs = Number.NEGATIVE_INFINITY;
      let held: { item: T; readonly timer: Subscription } | undefined;

      const pass = (item: T): void => {
        nextMs = Math.max(scheduler.now(), nextMs) + intervalMs;
        subscriber.next(item);
      };
      const release = (): void => {
        const item = held?.item;
        held = undefined;
        pass(item as T);
      };
      const accept = (item: T): void => {
        if (held) {
          held.item = item;
          onReplaced?.();
          return;
        }
        if (isFree?.(item) === true) {
          subscriber.next(item);
          return;
        }
        const nowMs = scheduler.now();
        // The wall clock was set back: the turn would be hours away.
        if (nextMs - nowMs > intervalMs + slackMs) nextMs = nowMs;
        const waitMs = nextMs - slackMs - nowMs;
        if (waitMs <= 0) pass(item);
        else held = { item, timer: scheduler.schedule(release, waitMs) };
      };

      const source = source$.subscribe({
        next: accept,
        error: (error) => subscriber.error(error),
        complete: () => {
          held?.timer.unsubscribe();
          subscriber.complete();
        },
      });
      return () => {
        held?.timer.unsubscribe();
        source.unsubscribe();
      };
    });
}

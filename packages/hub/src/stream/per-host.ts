import { filter, groupBy, mergeMap, type Observable, type OperatorFunction } from 'rxjs';

/**
 * Second stage: `groupBy` host, so that no host can displace another. A group ends when its host is removed; there are
 * never more groups than known hosts.
 */
export function perHost<T extends { readonly hostId: string }, R>(
  removed$: Observable<string>,
  stages: (host$: Observable<T>) => Observable<R>,
): OperatorFunction<T, R> {
  return (source$) =>
    source$.pipe(
      groupBy((item) => item.hostId, {
        duration: (host$) => removed$.pipe(filter((hostId) => hostId === host$.key)),
      }),
      mergeMap(stages),
    );
}

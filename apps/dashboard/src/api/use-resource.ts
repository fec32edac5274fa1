import { useCallback, useEffect, useRef, useState } from 'react';
import { request, RequestFailure, type FailureCode } from './request.ts';

export type Resource<T> =
  | { readonly status: 'loading'; readonly value: null }
  | { readonly status: 'ready'; readonly value: T }
  /** The value last read, if any, is kept: old data with a notice beats an empty page. */
  | { readonly status: 'failed'; readonly value: T | null; readonly code: FailureCode };

const RETRY_MS = 3000;

/**
 * A REST resource: read at the start, whenever `version` changes (a live event reported a change), and
 * again by itself after a failure.
 */
export function useResource<T>(
  path: string,
  version: unknown = 0,
): { readonly resource: Resource<T>; readonly reload: () => void } {
  const [resource, setResource] = useState<Resource<T>>({ status: 'loading', value: null });
  const [turn, setTurn] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  useEffect(() => {
    const abort = new AbortController();
    request<T>('GET', path, undefined, abort.signal).then(
      (value) => setResource({ status: 'ready', value }),
      (cause: unknown) => {
        if (abort.signal.aborted) return;
        const code = cause instanceof RequestFailure ? cause.code : 'internal';
        setResource((before) => ({ status: 'failed', value: before.value, code }));
        if (code !== 'forbidden' && code !== 'unauthenticated')
          timer.current = setTimeout(reload, RETRY_MS);
      },
    );
    return () => {
      abort.abort();
      clearTimeout(timer.current);
    };
    // `version` and `turn` say when to read again.
  }, [path, version, turn, reload]);
  return { resource, reload };
}

/** The part of `navigator.locks` that is used. */
export interface Locks {
  request(
    name: string,
    options: { signal: AbortSignal },
    held: () => Promise<void>,
  ): Promise<unknown>;
}

export interface Leadership {
  readonly isLeader: () => boolean;
  readonly resign: () => void;
}

/**
 * One tab among those that hold the same name: the browser hands the lock on when a tab closes or crashes.
 * Without locks every tab leads, and the notification's tag keeps repeats from piling up.
 */
export function seekLeadership(name: string, locks: Locks | undefined): Leadership {
  if (!locks) return { isLeader: () => true, resign: () => undefined };
  const abort = new AbortController();
  let leads = false;
  const resigned = new Promise<void>((resolve) => {
    abort.signal.addEventListener('abort', () => resolve());
  });
  locks
    .request(name, { signal: abort.signal }, () => {
      leads = !abort.signal.aborted;
      return resigned;
    })
    // Rejected only by our own abort while still in the queue.
    .catch(() => undefined);
  return {
    isLeader: () => leads,
    resign: () => {
      leads = false;
      abort.abort();
    },
  };
}

const FAST_BASE_MS = 250;
/** Doubling stops here: after a hub restart of one second, clients should be back within another. */
const FAST_CAP_MS = 1_000;
const SLOW_BASE_MS = 1_000;
/** Slow attempts before the bound doubles: with one, of 1,000 clients some came back only after three seconds. */
const SLOW_EVEN = 3;
/** A page that outlived a restart of the hub should not wait longer. */
const SLOW_CAP_MS = 10_000;

/** Full jitter: anywhere between nothing and a doubling bound, so that clients of a restarted hub spread out. */
export function fastDelayMs(attempt: number, random: () => number): number {
  return Math.round(random() * Math.min(FAST_CAP_MS, FAST_BASE_MS * 2 ** (attempt - 1)));
}

/**
 * The same for the attempts after the fast ones, the first of which is number 1: the fast attempts may be used up
 * within a second when the hub's port is closed, and those clients should not be the last to reconnect.
 */
export function slowDelayMs(attempt: number, random: () => number): number {
  return Math.round(
    random() * Math.min(SLOW_CAP_MS, SLOW_BASE_MS * 2 ** Math.max(0, attempt - SLOW_EVEN)),
  );
}

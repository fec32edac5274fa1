const FAST_BASE_MS = 250;
/** Doubling stops here: whoever comes back from a restart of a second is to be back within another. */
const FAST_CAP_MS = 1_000;
const SLOW_MS = 10_000;

/** Full jitter: anywhere between nothing and a doubling bound, so that clients of a restarted hub spread out. */
export function fastDelayMs(attempt: number, random: () => number): number {
  return Math.round(random() * Math.min(FAST_CAP_MS, FAST_BASE_MS * 2 ** (attempt - 1)));
}

/** Between 5 and 10 s: a page that outlived a restart of the hub should not wait longer. */
export function slowDelayMs(random: () => number): number {
  return Math.round(SLOW_MS * (0.5 + random() / 2));
}

/**
 * Agents whose clock is off: their times are shifted by the offset measured at `hello`, one constant per
 * connection so that rows keep their order and distance.
 */

import { SECOND_MS } from '@openmanager/protocol/durations';

/** Beyond this the host is flagged and its times are corrected. */
export const SKEW_LIMIT_MS = 30_000;
const KEPT_WITHIN_MS = 2000;

export interface ClockShift {
  /** Agent clock minus hub clock, ms. */
  readonly offsetMs: number;
  readonly skewed: boolean;
  /** Subtracted from every time of the connection. Whole seconds, so that times stay on the grid. */
  readonly shiftMs: number;
}

/**
 * A correction that is still right to two seconds is kept over connections: were it measured a little differently
 * each time, rows of one connection would fall on the times of the one before.
 */
export function measureClock(
  agentNowMs: number,
  hubNowMs: number,
  previousOffsetMs: number = 0,
): ClockShift {
  const measuredMs = agentNowMs - hubNowMs;
  const kept =
    Math.abs(previousOffsetMs) > SKEW_LIMIT_MS &&
    Math.abs(measuredMs - previousOffsetMs) < KEPT_WITHIN_MS;
  return clockShift(kept ? previousOffsetMs : measuredMs);
}

export function clockShift(offsetMs: number): ClockShift {
  const skewed = Math.abs(offsetMs) > SKEW_LIMIT_MS;
  return { offsetMs, skewed, shiftMs: skewed ? Math.round(offsetMs / SECOND_MS) * SECOND_MS : 0 };
}

/**
 * Times of a batch in hub time. A clock that was set forward after `hello` gives times in the future: such a
 * batch is moved back so that its newest row is the time of receipt.
 */
export function hubTimes(
  timesMs: readonly number[],
  shiftMs: number,
  receivedMs: number,
): { timesMs: number[]; aheadMs: number } {
  let newest = -Infinity;
  for (const timeMs of timesMs) if (timeMs > newest) newest = timeMs;
  const aheadMs = newest - shiftMs - receivedMs;
  const shift = aheadMs > SKEW_LIMIT_MS ? shiftMs + aheadMs : shiftMs;
  return {
    timesMs: timesMs.map((timeMs) => Math.max(0, timeMs - shift)),
    aheadMs: aheadMs > SKEW_LIMIT_MS ? aheadMs : 0,
  };
}

/** Whether the agent's clock was set back since the batch before: its offset has to be measured again. */
export function steppedBack(newestMs: number, previousNewestMs: number): boolean {
  return previousNewestMs - newestMs > SKEW_LIMIT_MS;
}

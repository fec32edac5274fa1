/** The time of the day as numbers a linear model can use: sine and cosine of one to four turns a day. */
import { DAY_MS } from '@openmanager/protocol/durations';

const TURNS = 4;
export const RHYTHM_SIZE: number = 2 * TURNS;

/** Fills the first `RHYTHM_SIZE` numbers of `into`, each in [-1, 1]. */
export function rhythm(timeMs: number, into: Float64Array): void {
  const angle = (2 * Math.PI * (timeMs % DAY_MS)) / DAY_MS;
  for (let turn = 1; turn <= TURNS; turn++) {
    into[2 * turn - 2] = Math.sin(turn * angle);
    into[2 * turn - 1] = Math.cos(turn * angle);
  }
}

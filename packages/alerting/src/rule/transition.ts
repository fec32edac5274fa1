/**
 * The states of one alert: a rule and the series it is about.
 *
 *              above              due
 *   inactive ─────────▶ pending ─────────▶ firing
 *      ▲                   │                 │
 *      └───────────────────┘                 │ below, gone
 *           below, gone                      ▼
 *                       pending ◀───────── resolved
 *                                  above
 *
 * `within` (between clear and threshold) changes nothing in any state: that is what keeps alerts from flapping.
 */
import type { AlertState } from '@openmanager/protocol';

/** Each state carries the times that exist in it, epoch ms, and nothing else. */
export type Condition =
  | { readonly state: 'inactive' }
  | { readonly state: 'pending'; readonly activeAtMs: number }
  | { readonly state: 'firing'; readonly activeAtMs: number; readonly firedAtMs: number }
  | {
      readonly state: 'resolved';
      readonly activeAtMs: number;
      readonly firedAtMs: number;
      readonly resolvedAtMs: number;
    };

export const findings = ['above', 'within', 'below', 'due', 'gone'] as const;
/**
 * above, within, below: where the newest value lies. due: pending for as long as the rule's `for`.
 * gone: the series is not there any more.
 */
export type Finding = (typeof findings)[number];

type In<S extends AlertState> = Extract<Condition, { readonly state: S }>;
type Table = {
  readonly [S in AlertState]: {
    readonly [F in Finding]: (condition: In<S>, atMs: number) => Condition;
  };
};

const INACTIVE: Condition = { state: 'inactive' };

const stay = (condition: Condition): Condition => condition;
const forget = (): Condition => INACTIVE;
const begin = (_: Condition, atMs: number): Condition => ({ state: 'pending', activeAtMs: atMs });
const fire = (condition: In<'pending'>, atMs: number): Condition => ({
  state: 'firing',
  activeAtMs: condition.activeAtMs,
  firedAtMs: atMs,
});
const resolve = (condition: In<'firing'>, atMs: number): Condition => ({
  state: 'resolved',
  activeAtMs: condition.activeAtMs,
  firedAtMs: condition.firedAtMs,
  resolvedAtMs: atMs,
});

const table: Table = {
  inactive: { above: begin, within: stay, below: stay, due: stay, gone: stay },
  pending: { above: stay, within: stay, below: forget, due: fire, gone: forget },
  firing: { above: stay, within: stay, below: resolve, due: stay, gone: resolve },
  resolved: { above: begin, within: stay, below: stay, due: stay, gone: stay },
};

/** The next condition; the same object when nothing changes. */
export function transition(condition: Condition, finding: Finding, atMs: number): Condition {
  // The compiler cannot see that the row chosen by the state takes that state's condition.
  const step = table[condition.state][finding] as (condition: Condition, atMs: number) => Condition;
  return step(condition, atMs);
}

/**
 * The phases of one alert: a rule and the series it is about.
 *
 *              above              due               below
 *   inactive ─────────▶ pending ─────────▶ firing ─────────▶ clearing
 *      ▲                   │                 │ ▲                │ │
 *      └───────────────────┘                 │ └────────────────┘ │
 *           below, gone                      │   above, within    │ due
 *                                            ▼ gone               ▼
 *                       pending ◀─────────────────────────── resolved
 *                                  above
 *
 * `within` (between clear and threshold) changes nothing but ends clearing: that is what keeps alerts from
 * flapping. `clearing` is shown as firing; it is passed at once by a rule without `clearFor`.
 */
import type { AlertState } from '@openmanager/protocol';

/** Each phase carries the times that exist in it, epoch ms, and nothing else. */
export type Condition =
  | { readonly state: 'inactive' }
  | { readonly state: 'pending'; readonly activeAtMs: number }
  | { readonly state: 'firing'; readonly activeAtMs: number; readonly firedAtMs: number }
  | {
      readonly state: 'clearing';
      readonly activeAtMs: number;
      readonly firedAtMs: number;
      readonly clearAtMs: number;
    }
  | {
      readonly state: 'resolved';
      readonly activeAtMs: number;
      readonly firedAtMs: number;
      readonly resolvedAtMs: number;
    };

export type Phase = Condition['state'];
export const phases: readonly Phase[] = ['inactive', 'pending', 'firing', 'clearing', 'resolved'];

export const findings = ['above', 'within', 'below', 'due', 'gone'] as const;
/**
 * above, within, below: where the newest value lies, seen from the threshold. due: pending for as long as the
 * rule's `for`, or clearing for as long as it must. gone: the series is not there any more.
 */
export type Finding = (typeof findings)[number];

type In<S extends Phase> = Extract<Condition, { readonly state: S }>;
type Table = {
  readonly [S in Phase]: {
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
const clear = (condition: In<'firing'>, atMs: number): Condition => ({
  state: 'clearing',
  activeAtMs: condition.activeAtMs,
  firedAtMs: condition.firedAtMs,
  clearAtMs: atMs,
});
const relapse = ({ activeAtMs, firedAtMs }: In<'clearing'>): Condition => ({
  state: 'firing',
  activeAtMs,
  firedAtMs,
});
const resolve = (condition: In<'firing' | 'clearing'>, atMs: number): Condition => ({
  state: 'resolved',
  activeAtMs: condition.activeAtMs,
  firedAtMs: condition.firedAtMs,
  resolvedAtMs: atMs,
});

const table: Table = {
  inactive: { above: begin, within: stay, below: stay, due: stay, gone: stay },
  pending: { above: stay, within: stay, below: forget, due: fire, gone: forget },
  firing: { above: stay, within: stay, below: clear, due: stay, gone: resolve },
  clearing: { above: relapse, within: relapse, below: stay, due: resolve, gone: resolve },
  resolved: { above: begin, within: stay, below: stay, due: stay, gone: stay },
};

/** The next condition; the same object when nothing changes. */
export function transition(condition: Condition, finding: Finding, atMs: number): Condition {
  // The compiler cannot see that the row chosen by the state takes that state's condition.
  const step = table[condition.state][finding] as (condition: Condition, atMs: number) => Condition;
  return step(condition, atMs);
}

/** The condition with no time after `atMs`: after a clock was set back it would wait for hours otherwise. */
export function notAfter(condition: Condition, atMs: number): Condition {
  if (condition.state === 'pending' && condition.activeAtMs > atMs)
    return { ...condition, activeAtMs: atMs };
  if (condition.state === 'clearing' && condition.clearAtMs > atMs)
    return { ...condition, clearAtMs: atMs };
  return condition;
}

/** The state as it is told: who watches need not know that an alert is about to resolve. */
export function stateOf(condition: Condition): AlertState {
  return condition.state === 'clearing' ? 'firing' : condition.state;
}

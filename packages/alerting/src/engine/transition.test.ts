import { alertStates } from '@openmanager/protocol';
import { describe, expect, test } from 'vitest';
import {
  findings,
  phases,
  stateOf,
  transition,
  type Condition,
  type Finding,
  type Phase,
} from './transition.ts';

const conditions: { readonly [S in Phase]: Condition & { readonly state: S } } = {
  inactive: { state: 'inactive' },
  pending: { state: 'pending', activeAtMs: 1 },
  firing: { state: 'firing', activeAtMs: 1, firedAtMs: 2 },
  clearing: { state: 'clearing', activeAtMs: 1, firedAtMs: 2, clearAtMs: 4 },
  resolved: { state: 'resolved', activeAtMs: 1, firedAtMs: 2, resolvedAtMs: 3 },
};

const begun: Condition = { state: 'pending', activeAtMs: 9 };
const fired: Condition = { state: 'firing', activeAtMs: 1, firedAtMs: 9 };
const resolved: Condition = { state: 'resolved', activeAtMs: 1, firedAtMs: 2, resolvedAtMs: 9 };
const clearing: Condition = { state: 'clearing', activeAtMs: 1, firedAtMs: 2, clearAtMs: 9 };
const { inactive, firing } = conditions;

/** What each finding at time 9 makes of each condition; `same` is the very same object. */
const expected: { readonly [S in Phase]: { readonly [F in Finding]: Condition | 'same' } } = {
  inactive: { above: begun, within: 'same', below: 'same', due: 'same', gone: 'same' },
  pending: { above: 'same', within: 'same', below: inactive, due: fired, gone: inactive },
  firing: { above: 'same', within: 'same', below: clearing, due: 'same', gone: resolved },
  clearing: { above: firing, within: firing, below: 'same', due: resolved, gone: resolved },
  resolved: { above: begun, within: 'same', below: 'same', due: 'same', gone: 'same' },
};

describe('the transition table', () => {
  for (const state of phases)
    for (const finding of findings)
      test(`${state}, ${finding}`, () => {
        const before = conditions[state];
        const after = transition(before, finding, 9);
        const cell = expected[state][finding];
        if (cell === 'same') expect(after).toBe(before);
        else expect(after).toEqual(cell);
      });
});

test('every phase is told as one of the states that everybody knows', () => {
  expect(phases.map((phase) => stateOf(conditions[phase]))).toEqual([
    'inactive',
    'pending',
    'firing',
    'firing',
    'resolved',
  ]);
  expect(new Set(phases.map((phase) => stateOf(conditions[phase])))).toEqual(new Set(alertStates));
});

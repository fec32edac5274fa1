import { alertStates, type AlertState } from '@openmanager/protocol';
import { describe, expect, test } from 'vitest';
import { findings, transition, type Condition, type Finding } from '../src/rule/transition.ts';

const conditions: { readonly [S in AlertState]: Condition & { readonly state: S } } = {
  inactive: { state: 'inactive' },
  pending: { state: 'pending', activeAtMs: 1 },
  firing: { state: 'firing', activeAtMs: 1, firedAtMs: 2 },
  resolved: { state: 'resolved', activeAtMs: 1, firedAtMs: 2, resolvedAtMs: 3 },
};

const begun: Condition = { state: 'pending', activeAtMs: 9 };
const fired: Condition = { state: 'firing', activeAtMs: 1, firedAtMs: 9 };
const resolved: Condition = { state: 'resolved', activeAtMs: 1, firedAtMs: 2, resolvedAtMs: 9 };
const { inactive } = conditions;

/** What each finding at time 9 makes of each condition; `same` is the very same object. */
const expected: { readonly [S in AlertState]: { readonly [F in Finding]: Condition | 'same' } } = {
  inactive: { above: begun, within: 'same', below: 'same', due: 'same', gone: 'same' },
  pending: { above: 'same', within: 'same', below: inactive, due: fired, gone: inactive },
  firing: { above: 'same', within: 'same', below: resolved, due: 'same', gone: resolved },
  resolved: { above: begun, within: 'same', below: 'same', due: 'same', gone: 'same' },
};

describe('the transition table', () => {
  for (const state of alertStates)
    for (const finding of findings)
      test(`${state}, ${finding}`, () => {
        const before = conditions[state];
        const after = transition(before, finding, 9);
        const cell = expected[state][finding];
        if (cell === 'same') expect(after).toBe(before);
        else expect(after).toEqual(cell);
      });
});

import { expect, test } from 'vitest';
import { Admission } from './admission.ts';

test('a bounded number is admitted per turn of the event loop, in order, and no more wait than allowed', () => {
  const turns: (() => void)[] = [];
  const admission = new Admission({ soon: (run) => turns.push(run) }, 20);
  const admitted: number[] = [];
  const entered = Array.from({ length: 25 }, (_, index) =>
    admission.enter(() => admitted.push(index)),
  );
  expect(entered.filter(Boolean)).toHaveLength(20);
  const perTurn: number[] = [];
  while (turns.length > 0) {
    const before = admitted.length;
    turns.shift()?.();
    perTurn.push(admitted.length - before);
  }
  expect(perTurn).toEqual([8, 8, 4]);
  expect(admitted).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect(admission.enter(() => admitted.push(99))).toBe(true);
  turns.shift()?.();
  expect(admitted.at(-1)).toBe(99);
});

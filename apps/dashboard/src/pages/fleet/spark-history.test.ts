import { expect, test } from 'vitest';
import { LoadQueue } from './spark-history.ts';

test('loads a few at a time, newest first, and forgets what scrolled away', async () => {
  const queue = new LoadQueue(2);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const add = (name: string): (() => void) =>
    queue.add(() => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  add('a');
  add('b');
  add('c');
  const cancel = add('d');
  add('e');
  expect(begun).toEqual(['a', 'b']);
  cancel();
  ends[0]?.();
  await Promise.resolve()
    .then(() => undefined)
    .then(() => undefined)
    .then(() => undefined);
  expect(begun).toEqual(['a', 'b', 'e']);
});

test('a failed load does not block the next', async () => {
  const queue = new LoadQueue(1);
  const done = new Promise<void>((resolve) => {
    queue.add(() => Promise.reject(new Error('no')));
    queue.add(async () => resolve());
  });
  await done;
});

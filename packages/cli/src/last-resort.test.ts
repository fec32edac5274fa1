import { afterEach, expect, test, vi } from 'vitest';
import { goOnAfterErrors } from './last-resort.ts';

/** What Vitest itself listens with must not see these errors. */
const others = process.listeners('uncaughtException');
let letGo: (() => void) | undefined;
afterEach(() => {
  letGo?.();
  for (const listener of others) process.on('uncaughtException', listener);
});

test('an agent goes on after an error that nothing handled, and gives up when they do not cease', () => {
  for (const listener of others) process.off('uncaughtException', listener);
  const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  let nowMs = 0;
  const ends: unknown[] = [];
  letGo = goOnAfterErrors(
    (error) => ends.push(error),
    () => nowMs,
  );
  const fail = (): void => void process.emit('uncaughtException', new Error('a bug'));
  for (let time = 0; time < 60; time++) {
    nowMs += 4_000;
    fail();
  }
  expect(ends).toHaveLength(0);
  expect(told.mock.lastCall?.[0]).toContain('a bug');
  for (let time = 0; time < 30; time++) fail();
  expect(ends.length).toBeGreaterThan(0);
  told.mockRestore();
});

import type { Readable } from '../src/index.ts';

/** Resolves with the first value that passes; the test's own timeout is the only bound. */
export function until<T>(readable: Readable<T>, passes: (value: T) => boolean): Promise<T> {
  return new Promise((resolve) => {
    const stop = readable.subscribe(check);
    function check(): void {
      const value = readable.getSnapshot();
      if (!passes(value)) return;
      stop();
      resolve(value);
    }
    check();
  });
}

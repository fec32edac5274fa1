import { endHard } from './last-resort.ts';
import { text, type TextKey } from './text.ts';

/** One line per finished step. */
export function step(key: TextKey, values: Readonly<Record<string, string | number>> = {}): void {
  console.log(`  ✓ ${text(key, values)}`);
}

/** How far long work is, on a line that is written over; only where somebody watches. */
export function counted(done: number, all: number): void {
  if (process.stdout.isTTY)
    process.stdout.write(done < all ? `\r  … ${done}/${all}` : '\r\u001b[K');
}

/** Resolves with the first SIGINT, SIGTERM or SIGHUP; a second one ends the process at once. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (): void => {
      if (asked) endHard();
      asked = true;
      console.log(`\n  ${text('stopping')}`);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  });
}

import { text, type TextKey } from './text.ts';

/** One line per finished step. */
export function step(key: TextKey, values: Readonly<Record<string, string | number>> = {}): void {
  console.log(`  ✓ ${text(key, values)}`);
}

/** Resolves with the first SIGINT or SIGTERM; a second one ends the process at once. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (): void => {
      if (asked) process.exit(130);
      asked = true;
      console.log(`\n  ${text('stopping')}`);
      resolve();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}

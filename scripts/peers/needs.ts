/** How a test says which programs it needs, so that it is skipped without them and named in the table of absent peers. */
import { test, type TestOptions } from 'vitest';
import { isMet, type Condition, type PeerName } from './table.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** What the test needs and the machine has not. */
    absent?: readonly string[];
  }
}

/** Options of a test or a suite: `test('…', needs('promtool'), async () => …)`. */
export function needs(...names: readonly (PeerName | Condition)[]): TestOptions {
  const absent = names.filter((name) => !isMet(name));
  return absent.length === 0 ? {} : { skip: true, meta: { absent } };
}

/** `test` for files of which every test needs them; their hooks do not run either when all are skipped. */
export function testNeeding(
  ...names: readonly (PeerName | Condition)[]
): (name: string, body: () => void | Promise<void>, timeout?: number) => void {
  const options = needs(...names);
  return (name, body, timeout) =>
    test(name, timeout === undefined ? options : { ...options, timeout }, body);
}

/**
 * What a test that stands in the tables of `npm run test:faults` and `npm run test:security` says of itself: the figure
 * it measured, how many rounds it runs, and the seed of its dice. Such a test is tagged: `{ tags: ['faults'] }`.
 */
import type { TestContext } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** What was measured, as the table shows it. */
    figure?: string;
  }
}

const isFull = process.env['OPENMANAGER_PROOF'] === 'full';

function whole(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Error(`${variable} must be a whole number, not ${JSON.stringify(text)}.`);
  return value;
}

/** Options of Node for a process that runs ours: from source, unless what was just built is to be tested: it starts in half the time. */
export const fromSource: readonly string[] =
  process.env['OPENMANAGER_BUILT'] === undefined ? ['--conditions=source'] : [];

/** Writes what this test measured into the table: `figure(task, 'lost 0, twice 0, 31,204 batches')`. */
export function figure(task: TestContext['task'], text: string): void {
  task.meta.figure = text;
}

/** The long way under `npm run test:faults` and `test:security`, the short one in `npm test`. */
export function full<T>(short: T, long: T): T {
  return isFull ? long : short;
}

/** How often something is repeated; `--rounds N` says otherwise. */
export function rounds(short: number, long: number): number {
  return whole('OPENMANAGER_ROUNDS') ?? full(short, long);
}

/** The seed that `--seed N` asks for. */
export const askedSeed: number | undefined = whole('OPENMANAGER_SEED');

/** The seed of a run that is another one each time; it belongs into what a failure says. */
export function anySeed(): number {
  return askedSeed ?? Math.floor(Math.random() * 2 ** 31);
}

/** Numbers in [0, 1) that only the seed decides (mulberry32, public domain, Tommy Ettinger). */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

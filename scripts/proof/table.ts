/** Rows of the proofs' tables, and which test files have any. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const proofs = ['faults', 'security'] as const;
export type Proof = (typeof proofs)[number];

export interface ProofRow {
  /** The fault or the attempt, in words. */
  readonly name: string;
  readonly file: string;
  readonly state: 'passed' | 'failed' | 'not run';
  /** What was measured, or why it did not run. */
  readonly figure: string;
  readonly seconds: number;
}

/** Test files that have a test with this tag: nothing else need be read for the table. */
export function taggedFiles(root: string, tag: Proof): string[] {
  // Also a list that several tests share.
  const mark = new RegExp(`tags\\s*[:=]\\s*\\[[^\\]]*['"]${tag}['"]|@module-tag\\s+${tag}\\b`);
  return globSync(['packages/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts', 'e2e/**/*.test.ts'], {
    cwd: root,
    exclude: (path) => path === 'node_modules' || path === 'dist',
  })
    .filter((file) => mark.test(readFileSync(join(root, file), 'utf8')))
    .toSorted();
}

const signs = { passed: '✓', failed: '✗', 'not run': '–' } as const;

export function lineOf({ name, state, figure, seconds }: ProofRow): string {
  const took = state === 'not run' ? '' : `  (${seconds.toFixed(1)} s)`;
  return `  ${signs[state]} ${name}\n      ${figure === '' ? state : figure}${took}`;
}

/** Everything, file by file, with the sum below. */
export function proofTable(rows: readonly ProofRow[]): string {
  const files = Map.groupBy(rows, ({ file }) => file);
  const lines = [...files].flatMap(([file, of]) => ['', file, ...of.map(lineOf)]);
  const count = (state: ProofRow['state']): number =>
    rows.filter((row) => row.state === state).length;
  const sum = `${count('passed')} passed, ${count('failed')} failed, ${count('not run')} did not run`;
  return [...lines, '', `  ${sum}`, ''].join('\n');
}

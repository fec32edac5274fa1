/**
 * `npm run test:faults` and `npm run test:security`: builds, runs the tests with that tag in their long form, and prints
 * a table fault → figure → pass. `-- 'part of a name'` chooses, `--seed N` repeats a run of dice, `--rounds N` sets how
 * often, `--json` ends with one line for programs. Ends with 1 when anything failed.
 */
import { parseArgs } from 'node:util';
import { build, root, run } from './build.mjs';
import { installPeers, testPeers } from './peers/install.ts';
import { proofs, taggedFiles } from './proof/table.ts';

/** Within it both tables are to be complete on two cores. */
const MINUTES = 15;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, rounds: { type: 'string' }, json: { type: 'boolean' } },
});
const [proof, ...names] = positionals;
const escaped = names.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));

try {
  if (!proofs.includes(proof)) throw new Error(`Which of them: ${proofs.join(', ')}?`);
  // Standard output is the table's.
  const say = (line) => console.error(line);
  await Promise.all([
    installPeers(
      testPeers.filter((name) => name !== 'chromium'),
      say,
    ),
    build(say),
  ]);
  const files = taggedFiles(root, proof);
  if (files.length === 0) throw new Error(`No test is tagged ${proof}.`);
  say(`  · ${files.length} files have tests of ${proof}; at most ${MINUTES} minutes`);
  await run(
    'vitest',
    [
      'run',
      '--project=node',
      '--project=e2e',
      `--tags-filter=${proof}`,
      // Most of it is waiting.
      '--maxWorkers=3',
      '--reporter=./scripts/proof/reporter.ts',
      ...(names.length > 0 ? ['-t', escaped.join('|')] : []),
      ...files,
    ],
    {
      quiet: false,
      env: {
        OPENMANAGER_BUILT: 'true',
        OPENMANAGER_PROOF: 'full',
        OPENMANAGER_PROOF_TAG: proof,
        ...(values.seed === undefined ? {} : { OPENMANAGER_SEED: values.seed }),
        ...(values.rounds === undefined ? {} : { OPENMANAGER_ROUNDS: values.rounds }),
        ...(values.json ? { OPENMANAGER_PROOF_JSON: 'true' } : {}),
      },
    },
  );
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

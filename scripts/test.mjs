/** `npm test`: finds or installs the programs that tests run beside ours, builds, runs every test. Arguments go on to Vitest. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, run } from './build.mjs';
import { installPeers, testPeers } from './peers/install.ts';

const folder = mkdtempSync(join(tmpdir(), 'openmanager-test-'));
const report = join(folder, 'crashes.json');
/** Of files whose process was killed. */
const TURNS = 3;

/** Runs Vitest; answers the files to run once more: those whose process was killed, if nothing else went wrong. */
async function vitest(args) {
  try {
    await run('vitest', ['run', ...args], {
      quiet: false,
      env: { OPENMANAGER_TEST_CRASHES: report, OPENMANAGER_BUILT: 'true' },
    });
    return [];
  } catch (error) {
    const { crashed = [], failed = true } = existsSync(report)
      ? JSON.parse(readFileSync(report, 'utf8'))
      : {};
    if (failed || crashed.length === 0) throw error;
    return crashed;
  }
}

try {
  // apt and npm wait for the network most of the time.
  const [absent] = await Promise.all([
    installPeers(testPeers),
    build(),
    // Without it, the test that needs it is named at the end.
    run('node', ['scripts/install.mjs', 'tools']).catch((error) => console.log(error.message)),
  ]);
  if (absent.length > 0)
    console.log(`  ! absent, so some tests will not run: ${absent.join(', ')}`);
  let left = await vitest(process.argv.slice(2));
  let killed = left.length;
  for (let turn = 0; turn < TURNS && left.length > 0; turn++) {
    console.log(
      `  A process of Node was killed by a signal; once more:\n    ${left.join('\n    ')}`,
    );
    rmSync(report);
    left = await vitest(left);
    killed += left.length;
  }
  if (killed > 0)
    console.log(
      `  ! Node lost ${killed} processes, whose files ran again: docs/adr/008 is to be corrected.`,
    );
  if (left.length > 0) throw new Error(`Killed again and again: ${left.join(', ')}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

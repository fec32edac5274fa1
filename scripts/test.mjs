/** `npm test`: finds or installs a browser, builds, runs every test. Arguments go on to Vitest. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, run } from './build.mjs';
import { findBrowser } from './browser.ts';

const folder = mkdtempSync(join(tmpdir(), 'openmanager-test-'));
const report = join(folder, 'crashes.json');

/** Runs Vitest; answers the files to run once more: those whose process was killed, if nothing else went wrong. */
async function vitest(args, browser) {
  try {
    const reporters = ['--reporter=default', '--reporter=./scripts/crash-reporter.mjs'];
    await run('vitest', ['run', ...reporters, ...args], {
      quiet: false,
      env: { CHROMIUM_PATH: browser, OPENMANAGER_TEST_CRASHES: report },
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
  const browser = findBrowser();
  console.log(`  ✓ browser: ${browser}`);
  await build();
  const again = await vitest(process.argv.slice(2), browser);
  if (again.length > 0) {
    console.log(
      `  A process of Node was killed by a signal; once more:\n    ${again.join('\n    ')}`,
    );
    rmSync(report);
    const still = await vitest(again, browser);
    if (still.length > 0) throw new Error(`Killed again: ${still.join(', ')}`);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

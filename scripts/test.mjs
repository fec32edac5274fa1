/** `npm test`: finds or installs a browser, builds, runs every test. Arguments go on to Vitest. */
import { build, run } from './build.mjs';
import { findBrowser } from './browser.ts';

try {
  const browser = findBrowser();
  console.log(`  ✓ browser: ${browser}`);
  await build();
  await run('vitest', ['run', ...process.argv.slice(2)], {
    quiet: false,
    env: { CHROMIUM_PATH: browser },
  });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

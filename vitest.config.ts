import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { browserTests, findPeer, launchFlags } from './scripts/peers/table.ts';
import { full } from './scripts/proof/kit.ts';

const conditions = ['source', 'module', 'node', 'development|production'];
const chromium = findPeer('chromium');
/** What `npm test` has just built is what worker threads run; without it they strip types as they load. */
const builtThreads =
  process.env['OPENMANAGER_BUILT'] === undefined
    ? []
    : [`--import=${new URL('scripts/built-threads.mjs', import.meta.url).href}`];
const exclude = ['**/node_modules/**', '**/dist/**', '**/*.browser.test.*'];

/** Tests in a real browser. */
function browser(executablePath: string): TestProjectInlineConfiguration {
  return {
    resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
    test: {
      name: 'browser',
      include: browserTests,
      testTimeout: 60_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({
          launchOptions: {
            executablePath,
            args: [...launchFlags],
          },
        }),
        instances: [{ browser: 'chromium' }],
      },
    },
  };
}

export default defineConfig({
  test: {
    // By default one core stays idle, which is half of a small machine.
    maxWorkers: '100%',
    reporters: ['default', './scripts/test-reporter.ts'],
    // The tables of `npm run test:faults` and `npm run test:security`, where rounds are many.
    tags: [
      { name: 'faults', timeout: full(60_000, 600_000) },
      { name: 'security', timeout: full(60_000, 600_000) },
    ],
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: 'node',
          include: [
            'packages/**/*.test.{ts,tsx}',
            'apps/**/*.test.{ts,tsx}',
            'benchmarks/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          exclude,
          execArgv: ['--conditions=source', ...builtThreads],
          testTimeout: 60_000,
          // Processes are ended in hooks, also on a busy machine.
          hookTimeout: 60_000,
        },
      },
      // Without a browser they are left out, and the reporter names them.
      ...(chromium === undefined ? [] : [browser(chromium)]),
      {
        resolve: { conditions },
        ssr: { resolve: { conditions } },
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});

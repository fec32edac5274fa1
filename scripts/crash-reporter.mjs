/**
 * Writes down which test files' processes were killed by a signal, and whether anything else went wrong. Node 24 dies
 * now and then in V8 ("jit_page.has_value()") where many worker threads begin and end in one process, as in tests
 * that open many stores; that says nothing about what is tested, so `npm test` runs such files once more.
 */
import { writeFileSync } from 'node:fs';

const KILLED = /Worker exited unexpectedly with signal \w+ .* while running test file (.+)$/;

// Vitest takes the default export of a reporter.
// oxlint-disable-next-line import/no-default-export
export default class CrashReporter {
  onTestRunEnd(modules, errors) {
    const file = process.env.OPENMANAGER_TEST_CRASHES;
    if (file === undefined) return;
    const killed = errors.map((error) => KILLED.exec(error.cause?.message ?? '')?.[1]);
    const crashed = new Set(killed.filter((path) => path !== undefined));
    const failed = modules.some(
      (module) => module.state() === 'failed' && !crashed.has(module.moduleId),
    );
    writeFileSync(
      file,
      JSON.stringify({ crashed: [...crashed], failed: failed || killed.includes(undefined) }),
    );
  }
}

/** Reporter of `npm run test:faults` and `test:security`: a line as each test ends, the table, and on request JSON. */
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';
import { reasonsOf } from '../test-reporter.ts';
import { lineOf, proofTable, type Proof, type ProofRow } from './table.ts';

const proof = process.env['OPENMANAGER_PROOF_TAG'] as Proof;

// Vitest takes the default export of a reporter.
// oxlint-disable-next-line import/no-default-export
export default class ProofReporter implements Reporter {
  #root = '';
  #filtered = false;
  readonly #began = performance.now();

  onInit({ config }: Vitest): void {
    this.#root = config.root;
    this.#filtered = config.testNamePattern !== undefined;
  }

  onTestCaseResult(test: TestCase): void {
    const row = this.#rowOf(test);
    if (row !== undefined && row.state !== 'not run') console.error(lineOf(row));
    if (row?.state === 'failed') for (const text of problemsOf(test)) console.error(text);
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly { readonly message: string; readonly stack?: string }[],
  ): void {
    const rows = modules.flatMap((module) => [
      ...[...module.children.allTests()].flatMap((test) => this.#rowOf(test) ?? []),
      ...this.#brokenFile(module),
    ]);
    if (rows.length === 0) process.exitCode = 1;
    console.log(rows.length === 0 ? '  No such test.' : proofTable(rows));
    for (const error of errors) console.log(`  ✗ unhandled: ${error.stack ?? error.message}`);
    const seconds = (performance.now() - this.#began) / 1000;
    console.log(`  npm run test:${proof} took ${seconds.toFixed(0)} s`);
    if (process.env['OPENMANAGER_PROOF_JSON'] === undefined) return;
    const failed = errors.length > 0 || rows.some(({ state }) => state === 'failed');
    console.log(JSON.stringify({ proof, passed: !failed, seconds, rows }));
  }

  /** Undefined where the test does not belong into this table. */
  #rowOf(test: TestCase): ProofRow | undefined {
    if (!test.tags.includes(proof)) return undefined;
    const { state } = test.result();
    const reasons = reasonsOf(test);
    if (state === 'skipped' && this.#filtered && test.meta().absent === undefined) return undefined;
    return {
      name: test.fullName,
      file: relative(this.#root, test.module.moduleId),
      state: state === 'passed' || state === 'failed' ? state : 'not run',
      figure: state === 'skipped' ? `needs ${reasons.join(', ')}` : (test.meta().figure ?? ''),
      seconds: (test.diagnostic()?.duration ?? 0) / 1000,
    };
  }

  /** A file that could not be read, or a hook that failed, is a failure of what it would have shown. */
  #brokenFile(module: TestModule): ProofRow[] {
    const broken = [module, ...module.children.allSuites()].flatMap((one) => one.errors());
    return broken.map(({ message }) => ({
      name: 'the file itself',
      file: relative(this.#root, module.moduleId),
      state: 'failed',
      figure: message,
      seconds: 0,
    }));
  }
}

function problemsOf(test: TestCase): string[] {
  return (test.result().errors ?? []).map(({ message, diff, stack }) =>
    [message, diff, stack?.split('\n').slice(0, 6).join('\n')]
      .filter((text) => text !== undefined && text !== '')
      .join('\n')
      .replaceAll(/^/gm, '      '),
  );
}

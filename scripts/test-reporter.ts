/**
 * At the end of a run: a table of what the machine lacked and which tests therefore did not run. And the test files
 * whose process was killed by a signal are written down, so that `npm test` can run them once more: see docs/adr/008.
 */
import { globSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule, TestRunEndReason, Vitest } from 'vitest/node';
import { browserTests, isMet, peers, type PeerName } from './peers/table.ts';

const KILLED = /Worker exited unexpectedly with signal \w+ .* while running test file (.+)$/;
const OTHER = 'no reason given';

interface Row {
  readonly need: string;
  /** How many tests of each file; "all" of one that was not even read. */
  readonly files: Map<string, number | 'all'>;
}

interface Skipped {
  readonly file: string;
  readonly reasons: readonly string[];
  /** It stands for a whole file. */
  readonly whole?: true;
}

/** Where a hook failed, what it was for did not run either: that is red already, and no lack of the machine. */
export function reasonsOf(test: TestCase): readonly string[] {
  let at: TestCase | TestCase['parent'] = test;
  for (; at.type !== 'module'; at = at.parent) {
    const { absent } = at.meta();
    if (absent !== undefined) return absent;
    if (at.type === 'suite' && at.errors().length > 0) return [];
  }
  return at.errors().length > 0 ? [] : [OTHER];
}

/** What was absent, and how many tests of which files did not run for it. */
export function absences(tests: Iterable<Skipped>): Row[] {
  const rows = new Map<string, Row>();
  for (const { file, reasons, whole } of tests)
    for (const need of reasons) {
      const row: Row = rows.get(need) ?? { need, files: new Map() };
      rows.set(need, row);
      row.files.set(file, whole ? 'all' : Number(row.files.get(file) ?? 0) + 1);
    }
  return [...rows.values()].toSorted((a, b) => a.need.localeCompare(b.need));
}

export function tableOf(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ need, files }) => {
    const debian = need in peers ? peers[need as PeerName].debian : [];
    const way = debian.length > 0 ? `   apt-get install ${debian.join(' ')}` : '';
    return [
      `   ${need}${way}`,
      ...[...files].map(([file, count]) => `     ${String(count).padStart(4)}  ${file}`),
    ];
  });
  return ['', '  Did not run here, because this machine lacks:', ...lines, ''].join('\n');
}

// Vitest takes the default export of a reporter.
// oxlint-disable-next-line import/no-default-export
export default class TestReporter implements Reporter {
  #vitest: Vitest | undefined;
  #root = '';
  #filtered = false;
  #withoutBrowser = false;
  #asked: readonly string[] | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
    const { config } = vitest;
    this.#root = config.root;
    this.#filtered = config.testNamePattern !== undefined;
    const asked = config.project.length === 0 || config.project.includes('browser');
    this.#withoutBrowser = asked && !isMet('chromium');
  }

  onTestRunStart(): void {
    // Not in its types; without it the table says more than was asked for.
    this.#asked = (this.#vitest as { filenamePattern?: readonly string[] }).filenamePattern;
  }

  /** vitest.config.ts leaves the browser project out where there is no browser. */
  #browserTests(): Skipped[] {
    return this.#withoutBrowser
      ? globSync(browserTests, { cwd: this.#root, exclude: ['**/node_modules'] })
          .filter((file) => this.#asked?.some((part) => file.includes(part)) ?? true)
          .toSorted()
          .map((file) => ({ file, reasons: ['chromium'], whole: true }))
      : [];
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly { readonly cause?: unknown }[],
    _reason: TestRunEndReason,
  ): void {
    const skipped: Skipped[] = modules.flatMap((module) =>
      [...module.children.allTests('skipped')].map((test) => ({
        file: relative(this.#root, module.moduleId),
        reasons: reasonsOf(test),
      })),
    );
    const named = [
      ...skipped.filter(
        ({ reasons }) => reasons.length > 0 && !(this.#filtered && reasons.includes(OTHER)),
      ),
      ...this.#browserTests(),
    ];
    if (named.length > 0) console.log(tableOf(absences(named)));
    const file = process.env['OPENMANAGER_TEST_CRASHES'];
    if (file === undefined) return;
    const killed = errors.map(
      ({ cause }) => KILLED.exec((cause as Error | undefined)?.message ?? '')?.[1],
    );
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

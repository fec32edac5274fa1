/** `npm run check`: types, lint with import boundaries, format, unused code. */
import { run } from './build.mjs';

/** @type {[string, () => Promise<string>][]} */
const checks = [
  ['types', () => run('tsc', ['-b'])],
  ['types of the dashboard', () => run('tsc', ['-p', 'apps/dashboard'])],
  ['types of tests and benchmarks', () => run('tsc', ['-p', 'tsconfig.test.json'])],
  [
    'lint',
    () => run('oxlint', ['--type-aware', '--deny-warnings', '--report-unused-disable-directives']),
  ],
  ['format', () => run('oxfmt', ['--check'])],
  ['unused code', () => run('knip', [])],
];

let failed = 0;
for (const [name, check] of checks) {
  const start = performance.now();
  try {
    await check();
    console.log(`  ✓ ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed++;
    console.error(`  ✗ ${name}\n${String(error)}`);
  }
}
process.exitCode = failed === 0 ? 0 : 1;

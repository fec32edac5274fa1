/** `npm run check`: types, lint with import boundaries, format, unused code, the reference of the hooks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './build.mjs';
import { proveLint } from './imports/prove.mjs';
import { ensureInstalled, isInstalled } from './install.mjs';

const tools = join(root, 'tools');
const benchmarks = join(root, 'benchmarks');

/** A command of tools/, which has an install of its own. */
function tool(command, args, { cwd = root } = {}) {
  return run(command, args, {
    cwd,
    folder: tools,
    env: { OXLINT_TSGOLINT_PATH: join(tools, 'node_modules/.bin/tsgolint') },
  });
}

/** `npm ci` runs install scripts: there is our own, and whoever adds one is to be seen. */
async function installScripts() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const found = Object.entries(packages)
    .filter(([path, entry]) => path !== '' && entry.hasInstallScript && !entry.optional)
    .map(([path]) => path);
  if (found.length > 0) throw new Error(`These have install scripts: ${found.join(', ')}`);
}

async function benchmarkTypes() {
  if (process.env.CI === 'true') ensureInstalled(benchmarks);
  if (!isInstalled(benchmarks))
    return 'not checked: npm run bench installs what they need, and CI does';
  await run('tsc', ['-p', 'benchmarks']);
  return undefined;
}

/** @type {[string, () => Promise<string | undefined>][]} */
const checks = [
  ['install scripts', installScripts],
  ['types', () => run('tsc', ['-b'])],
  ['types of the dashboard', () => run('tsc', ['-p', 'apps/dashboard'])],
  ['types of tests', () => run('tsc', ['-p', 'tsconfig.test.json'])],
  ['types of benchmarks', benchmarkTypes],
  [
    'lint',
    () => tool('oxlint', ['--type-aware', '--deny-warnings', '--report-unused-disable-directives']),
  ],
  ['lint finds what is forbidden', () => proveLint(tool)],
  ['format', () => tool('oxfmt', ['--check'])],
  ['unused code', () => tool('knip', [])],
  ['reference of the hooks', () => run('node', ['scripts/docs.mjs', '--check'])],
];

if (process.argv.includes('--format')) {
  ensureInstalled(tools);
  await tool('oxfmt', []);
} else {
  ensureInstalled(tools);
  let failed = 0;
  for (const [name, check] of checks) {
    const start = performance.now();
    try {
      const remark = await check();
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const isRemark = typeof remark === 'string' && remark.startsWith('not checked');
      console.log(isRemark ? `  · ${name}: ${remark}` : `  ✓ ${name} (${seconds} s)`);
    } catch (error) {
      failed++;
      console.error(`  ✗ ${name}\n${String(error)}`);
    }
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

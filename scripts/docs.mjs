/**
 * `npm run docs`: makes docs/reference/react.md from the docstrings of the hooks. `npm run docs -- --check` only says
 * whether the page is what the sources say.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './build.mjs';
import { ensureInstalled } from './install.mjs';

const tools = join(root, 'tools');
const page = join(root, 'docs/reference/react.md');
const made = mkdtempSync(join(tmpdir(), 'openmanager-docs-'));
try {
  ensureInstalled(tools);
  const typedoc = join(tools, 'node_modules/typedoc/bin/typedoc');
  const { status } = spawnSync(process.execPath, [typedoc, '--logLevel', 'Warn', '--out', made], {
    cwd: tools,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`typedoc ended with ${String(status)}`);
  const fresh = join(made, 'react.md');
  const same = existsSync(page) && readFileSync(page, 'utf8') === readFileSync(fresh, 'utf8');
  if (!process.argv.includes('--check')) {
    copyFileSync(fresh, page);
    console.log(`  ✓ docs/reference/react.md ${same ? 'is as before' : 'is made anew'}`);
  } else if (!same) {
    throw new Error('docs/reference/react.md is not what the sources say. Run npm run docs.');
  } else console.log('  ✓ docs/reference/react.md is what the sources say');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(made, { recursive: true, force: true });
}

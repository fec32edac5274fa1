/** `npm run bench -- NAME`: installs what only benchmarks need on first use, then runs benchmarks/run.ts. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './build.mjs';
import { ensureInstalled } from './install.mjs';

ensureInstalled(join(root, 'benchmarks'), (line) => console.error(line));
const child = spawn(
  process.execPath,
  ['--conditions=source', '--expose-gc', 'benchmarks/run.ts', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
child.on('exit', (code) => (process.exitCode = code ?? 1));

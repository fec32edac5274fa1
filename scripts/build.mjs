/** Builds packages and dashboard, one progress line per step; what has not changed is skipped. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const binOf = (folder) => join(folder, 'node_modules/.bin');

/** Runs a command of `folder`'s node_modules/.bin; its output is shown only when it fails. */
export function run(command, args, { cwd = root, folder = root, quiet = true, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(join(binOf(folder), command), args, {
      cwd,
      // The pinned Node first, also when this was started by another one.
      env: { ...process.env, ...env, PATH: `${binOf(root)}${delimiter}${process.env.PATH ?? ''}` },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      shell: process.platform === 'win32',
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${String(code)}\n${output}`));
    });
  });
}

const DASHBOARD = 'apps/dashboard/dist/index.html';

function newest(folder) {
  let time = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || path.includes('node_modules') || path.includes('/dist/')) continue;
    time = Math.max(time, statSync(path).mtimeMs);
  }
  return time;
}

function dashboardIsFresh() {
  const built = join(root, DASHBOARD);
  if (!existsSync(built)) return false;
  const sources = [
    'apps/dashboard',
    'packages/client/src',
    'packages/react/src',
    'packages/protocol/src',
    'packages/texts/src',
  ];
  return sources.every((folder) => newest(join(root, folder)) < statSync(built).mtimeMs);
}

function isBuilt() {
  const needed = ['packages/cli/dist/main.js', 'packages/hub/dist/index.js', DASHBOARD];
  return needed.every((path) => existsSync(join(root, path)));
}

export async function build(say = console.log) {
  /** @type {[string, () => Promise<string> | undefined][]} */
  const steps = [
    ['packages', () => run('tsc', ['-b'])],
    [
      'dashboard',
      () =>
        dashboardIsFresh()
          ? undefined
          : run('vite', ['build'], { cwd: join(root, 'apps/dashboard') }),
    ],
  ];
  if (!existsSync(join(binOf(root), 'tsc'))) {
    // As after `npm ci --omit=dev`: what was built before is run as it is.
    if (isBuilt()) return;
    throw new Error(
      'Nothing is built here, and what builds is not installed. Run npm ci (without --omit=dev) once, or copy the dist folders of a built tree.',
    );
  }
  for (const [index, [name, work]] of steps.entries()) {
    const start = performance.now();
    await work();
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    say(`  ✓ built ${name} (${index + 1}/${steps.length}, ${seconds} s)`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await build();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** Parts with an install of their own, so that those who only want to monitor a server do not get them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';

const stampOf = (folder) => join(folder, 'node_modules/.installed');

function lockHash(folder) {
  return createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
}

/** Whether what the folder's lock file names is there. */
export function isInstalled(folder) {
  const stamp = stampOf(folder);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash(folder);
}

/** Runs `npm ci` in `folder` unless what its lock file names is there already. Throws when npm fails. */
export function ensureInstalled(folder, say = console.log) {
  if (isInstalled(folder)) return;
  say(`  · installing what ${basename(folder)}/ needs (once)`);
  const start = performance.now();
  const options = ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error'];
  const { status } = spawnSync('npm', options, {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm ci in ${folder} ended with ${String(status)}`);
  writeFileSync(stampOf(folder), lockHash(folder));
  say(`  ✓ installed (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

if (import.meta.main) {
  try {
    ensureInstalled(resolve(process.argv[2]));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

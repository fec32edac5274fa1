/** Parts with an install of their own, so that those who only want to monitor a server do not get them. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

/** Runs `npm ci` in `folder` unless what its lock file names is there already. Throws when npm fails. */
export function ensureInstalled(folder, say = console.log) {
  const lock = readFileSync(join(folder, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  const stamp = join(folder, 'node_modules/.installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say(`  · installing what ${folder} needs (once)`);
  const start = performance.now();
  const { status } = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm ci in ${folder} ended with ${String(status)}`);
  writeFileSync(stamp, wanted);
  say(`  ✓ installed (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

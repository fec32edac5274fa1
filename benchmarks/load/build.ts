import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = join(root, 'benchmarks');
const built = join(sources, 'dist');

/** Beside the sources' folders, so that relative imports and those of packages stay what they are. */
function buildBenchmarks(): void {
  rmSync(built, { recursive: true, force: true });
  for (const folder of ['load', 'alert']) {
    mkdirSync(join(built, folder), { recursive: true });
    for (const file of readdirSync(join(sources, folder))) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      const code = stripTypeScriptTypes(readFileSync(join(sources, folder, file), 'utf8'));
      writeFileSync(
        join(built, folder, file.replace(/\.ts$/, '.js')),
        code.replaceAll(/(from '\.[^']*)\.ts'/g, "$1.js'"),
      );
    }
  }
}

let isBuilt = false;

/**
 * Builds the packages and the processes beside this file, so that they run as they do in production: what strips types
 * as a process runs takes 40 MB of it. Answers where the process of `file` is, a path relative to this folder.
 */
export function builtProcess(file: string): string {
  if (!isBuilt) {
    execFileSync(join(root, 'node_modules/.bin/tsc'), ['-b'], { cwd: root, stdio: 'inherit' });
    buildBenchmarks();
  }
  isBuilt = true;
  return join(built, 'load', dirname(file), basename(file, '.ts') + '.js');
}

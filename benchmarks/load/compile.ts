/** Builds the C programs of this folder when they are first needed, and keeps them until their source changes. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FLAGS = ['-O2', '-std=gnu11', '-Wall', '-Wno-unused-function'];

/** Path of the program. Throws with what to do when it cannot be built here. */
export function compiled(name: 'clients' | 'floor'): string {
  if (process.platform !== 'linux')
    throw new Error('The load generator uses epoll: run this benchmark on Linux.');
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
  const header = fileURLToPath(new URL('wire.h', import.meta.url));
  const hash = createHash('sha256').update(FLAGS.join(' '));
  for (const file of [source, header]) hash.update(readFileSync(file));
  const folder = cacheFolder();
  const path = join(folder, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const building = `${path}.${process.pid}`;
  try {
    execFileSync('cc', [...FLAGS, '-o', building, source, '-lm'], { stdio: 'inherit' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(
      'This benchmark needs a C compiler named cc: install one (Debian, Ubuntu: apt-get install gcc libc6-dev).',
      { cause: error },
    );
  }
  renameSync(building, path);
  return path;
}

function cacheFolder(): string {
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
  try {
    accessSync(modules, constants.W_OK);
    return join(modules, '.cache', 'openmanager-benchmarks');
  } catch {
    return join(tmpdir(), 'openmanager-benchmarks');
  }
}

/** Threads of tests run what is built, where it is; the main thread does not. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Where a process with the preload, and a thread of it, find a source. */
function places(source: string): { readonly main: string; readonly thread: string } {
  const ask = `import.meta.resolve(${JSON.stringify(`file://${join(root, source)}`)})`;
  const code = `
    import { Worker } from 'node:worker_threads';
    const thread = 'import { parentPort } from "node:worker_threads"; parentPort.postMessage(${ask.replaceAll("'", '')});';
    const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(thread)));
    worker.once('message', (url) => console.log(JSON.stringify({ main: ${ask}, thread: url })));
  `;
  const preload = `--import=${new URL('built-threads.mjs', import.meta.url).href}`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [preload, '--input-type=module', '--eval', code],
    { encoding: 'utf8' },
  );
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as { main: string; thread: string };
}

test('a thread loads what is built instead of its source, the main thread the source', () => {
  const source = 'packages/protocol/src/index.ts';
  const built = 'packages/protocol/dist/index.js';
  const { main, thread } = places(source);
  expect(main).toContain(source);
  expect(thread).toContain(existsSync(join(root, built)) ? built : source);
});

test('what is not built is loaded as it is', () => {
  const source = 'packages/protocol/src/series.test.ts';
  expect(places(source).thread).toContain(source);
});

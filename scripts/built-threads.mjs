/**
 * Preloaded by `npm test`, which has just built: worker threads run what is built instead of the TypeScript beside it.
 * Node strips types by WebAssembly, and V8 may abort ("jit_page.has_value()", SIGSEGV, SIGTRAP) where many
 * threads of one process begin, compile WebAssembly and end: docs/adr/008-threads-of-tests-run-built.md.
 */
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

const SOURCE = /\/packages\/([^/]+)\/src\/(.*)\.ts$/;

if (!isMainThread)
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const found = nextResolve(specifier, context);
      const url = found.url.replace(SOURCE, '/packages/$1/dist/$2.js');
      return url !== found.url && existsSync(fileURLToPath(url))
        ? { ...found, url, format: 'module' }
        : found;
    },
  });

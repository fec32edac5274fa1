/** Size of a module with all it imports, minified and gzipped, as a page would load it. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, defaultClientConditions } from 'vite';

export async function bundleBytes(entry: URL): Promise<number> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['source', ...defaultClientConditions] },
    build: {
      write: false,
      minify: true,
      lib: { entry: fileURLToPath(entry), formats: ['es'], fileName: 'bundle' },
    },
  });
  // Not watching, so an output or several, never a watcher.
  const outputs = (Array.isArray(built) ? built : [built]) as readonly {
    output: readonly File[];
  }[];
  return outputs
    .flatMap(({ output }) => output)
    .reduce((bytes, { code }) => bytes + (code === undefined ? 0 : gzipSync(code).byteLength), 0);
}

interface File {
  /** Missing for assets. */
  readonly code?: string;
}

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { build, defineConfig, type Plugin, type Rollup } from 'vite';

/** The hub serves the .br or .gz beside a file to browsers that take it, and compresses nothing at run time. */
function precompress(): Plugin {
  let folder = '';
  return {
    name: 'openmanager-precompress',
    apply: 'build',
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      const entries = await readdir(folder, { recursive: true });
      const worthwhile = entries.filter((name) => /\.(js|css|html|svg)$/.test(name));
      await Promise.all(
        worthwhile.map(async (name) => {
          const path = join(folder, name);
          const content = await readFile(path);
          const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
          await writeFile(`${path}.br`, await promisify(brotliCompress)(content, { params }));
          await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
        }),
      );
    },
  };
}

/** The service worker is a file of its own at the root, in one piece: it shares no chunk with the pages. */
function pushWorker(): Plugin {
  return {
    name: 'openmanager-push-worker',
    apply: 'build',
    async generateBundle() {
      const built = (await build({
        configFile: false,
        logLevel: 'warn',
        resolve: { conditions },
        build: {
          write: false,
          target: targets,
          reportCompressedSize: false,
          lib: {
            entry: fileURLToPath(new URL('src/state/push/worker.ts', import.meta.url)),
            formats: ['iife'],
            name: 'openmanagerPush',
          },
        },
      })) as Rollup.RollupOutput[];
      const code = built[0]?.output[0].code ?? '';
      this.emitFile({ type: 'asset', fileName: 'push-worker.js', source: code });
    },
  };
}

const targets = ['chrome123', 'firefox120', 'safari17.5'];
const conditions = ['source', 'module', 'browser', 'development|production'];
const preact = {
  'react-dom/client': fileURLToPath(import.meta.resolve('preact/compat/client')),
  'react-dom': fileURLToPath(import.meta.resolve('preact/compat')),
  'react/jsx-runtime': fileURLToPath(import.meta.resolve('preact/jsx-runtime')),
  react: fileURLToPath(import.meta.resolve('preact/compat')),
};

export default defineConfig(({ command }) => ({
  plugins: [react(), pushWorker(), precompress()],
  resolve: {
    // Measured: react and react-dom are 67.5 kB gzipped of a first load of 131 kB. Preact's compat layer does
    // the same for our pages in a tenth of that. Sources, types and component tests are React's.
    alias: command === 'build' ? preact : {},
    conditions,
  },
  build: {
    target: targets,
    manifest: true,
    // Data URLs would need exceptions in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Otherwise each small file that two pages share is a request of its own. The first page needs nearly all.
          groups: [{ name: 'shared', test: /\/dashboard\/src\/(ui|state(?!\/push)|api|format)\// }],
        },
      },
    },
  },
  server: {
    proxy: {
      '/api': { target: 'http://127.0.0.1:8787', changeOrigin: false },
      '/socket.io': { target: 'http://127.0.0.1:8787', ws: true, changeOrigin: false },
    },
  },
}));

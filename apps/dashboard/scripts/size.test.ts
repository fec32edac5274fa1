import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));
const vite = join(
  dirname(createRequire(import.meta.url).resolve('vite/package.json')),
  'bin/vite.js',
);

/** A process of its own: within a test run Vite would build for development. */
function run(script: string, args: readonly string[]): string {
  const env = { ...process.env, NODE_ENV: 'production' };
  return execFileSync(process.execPath, [script, ...args], { cwd: root, encoding: 'utf8', env });
}

test(
  'the first load stays within its budget, and charts are not part of it',
  { timeout: 120_000 },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'dashboard-size-'));
    try {
      run(vite, ['build', '--outDir', folder, '--emptyOutDir']);
      const output = run(join(root, 'scripts/size.mjs'), ['--json', folder]);
      const { bytes, budget, files } = JSON.parse(output) as {
        bytes: number;
        budget: number;
        files: { file: string }[];
      };
      expect(bytes).toBeLessThanOrEqual(budget);
      // Below this something is missing from the sum.
      expect(bytes).toBeGreaterThan(40_000);
      expect(files.map(({ file }) => file).filter((file) => /HostPage|uPlot/i.test(file))).toEqual(
        [],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

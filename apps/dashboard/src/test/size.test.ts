import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

test(
  'the first load stays within its budget, and charts are not part of it',
  { timeout: 120_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dashboard-size-'));
    try {
      await build({ root, logLevel: 'silent', build: { outDir: folder, emptyOutDir: true } });
      const output = execFileSync(
        process.execPath,
        [join(root, 'scripts/size.mjs'), '--json', folder],
        { encoding: 'utf8' },
      );
      const { bytes, budget, files } = JSON.parse(output) as {
        bytes: number;
        budget: number;
        files: { file: string }[];
      };
      expect(bytes).toBeLessThanOrEqual(budget);
      expect(files.map(({ file }) => file).filter((file) => /HostPage|uPlot/i.test(file))).toEqual(
        [],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

/** Makes the picture of the documents from the real dashboard, fed by demo hosts: `node scripts/pictures.mjs`. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { launchFlags, peerPath } from './peers/table.ts';
import { root } from './build.mjs';

const data = mkdtempSync(join(tmpdir(), 'openmanager-pictures-'));
const demo = spawn(
  process.execPath,
  [
    'packages/cli/bin/openmanager.js',
    'demo',
    '--hosts',
    '24',
    '--interval',
    '1s',
    '--seed',
    '7',
    '--data',
    data,
    '--listen',
    '127.0.0.1:18791',
  ],
  { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
);
const link = await new Promise((resolve) => {
  let text = '';
  demo.stdout.on('data', (chunk) => {
    text += String(chunk);
    const match = /http:\S+token=\S+/.exec(text);
    if (match) resolve(match[0]);
  });
});
const browser = await chromium.launch({
  executablePath: peerPath('chromium'),
  args: [...launchFlags],
});
const context = await browser.newContext({
  viewport: { width: 1440, height: 900 },
  colorScheme: 'dark',
  locale: 'en-US',
  reducedMotion: 'reduce',
});
const page = await context.newPage();
await page.goto(String(link));
await page.getByRole('button', { name: 'Skip for now' }).click();
// Long enough for the sparklines to fill.
await page.waitForTimeout(240_000);
await page.screenshot({ path: join(root, 'docs/images/fleet-dark.png') });
await browser.close();
demo.kill('SIGINT');

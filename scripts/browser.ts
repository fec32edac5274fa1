/** Finds a Chromium for the tests, or installs one; a machine without any is an error, never a skip. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright';

export const launchFlags: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

function existing(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== '') {
    if (!existsSync(named))
      throw new Error(`CHROMIUM_PATH is ${named}, and there is no such file.`);
    return named;
  }
  const found = places.find((path) => existsSync(path));
  if (found) return found;
  const own = chromium.executablePath();
  return own !== '' && existsSync(own) ? own : undefined;
}

function installByApt(): void {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || spawnSync('apt-get', ['--version']).status !== 0) return;
  const options = {
    stdio: ['ignore', 'inherit', 'inherit'] as ('ignore' | 'inherit')[],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  };
  execFileSync('apt-get', ['update', '-qq'], options);
  execFileSync(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-noto-cjk'],
    options,
  );
}

/** Path of a Chromium that runs. */
export function findBrowser(say: (line: string) => void = console.log): string {
  const found = existing();
  if (found) return found;
  say('  · no Chromium found; installing one for the browser tests');
  for (const install of [
    installByApt,
    () => execFileSync('npx', ['playwright', 'install', 'chromium'], { stdio: 'inherit' }),
  ]) {
    try {
      install();
    } catch (error) {
      say(`  ! ${String(error).split('\n')[0]}`);
    }
    const installed = existing();
    if (installed) return installed;
  }
  throw new Error(
    'The tests need Chromium or Chrome and none could be installed. Install one, or set CHROMIUM_PATH to its program.',
  );
}

/** Installs the peers that are missing, in one call of apt, before any test begins: workers of tests never install. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { findPeer, peers, type PeerName } from './table.ts';

const POLICY = '/usr/sbin/policy-rc.d';
/** Another apt on this machine is waited for. */
const APT = ['-qq', '-o', 'DPkg::Lock::Timeout=300'];

function mayInstall(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** Not synchronous: what the tests run is built meanwhile. */
async function ran(command: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (output = (output + String(chunk)).slice(-4000)));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output };
}

/** Debian starts a service as soon as it is installed, unless this says no; and at each boot, unless it is disabled. */
async function withoutServices(
  install: () => Promise<void>,
  packages: readonly string[],
): Promise<void> {
  const own = !existsSync(POLICY);
  if (own) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await install();
  } finally {
    if (own) rmSync(POLICY, { force: true });
  }
  if (!existsSync('/run/systemd/system')) return;
  const { output } = await ran('dpkg', ['-L', ...packages]);
  const units = output
    .split('\n')
    .flatMap((path) => /[^/]+\.(service|timer)$/.exec(path)?.[0] ?? []);
  if (units.length > 0) await ran('systemctl', ['disable', '--quiet', ...units]);
}

/** A Chromium of Playwright's that runs: one that lacks libraries of the system does not. */
async function playwrightsChromium(): Promise<string | undefined> {
  const { chromium } = await import('playwright');
  const path = chromium.executablePath();
  const runs = existsSync(path) && spawnSync(path, ['--version']).status === 0;
  return runs ? path : undefined;
}

async function findOrFetchChromium(say: (line: string) => void): Promise<void> {
  let path = await playwrightsChromium();
  if (path === undefined && !mayInstall()) {
    say('  · no Chromium found; trying "npx playwright-core install chromium"');
    spawnSync('npx', ['playwright-core', 'install', 'chromium'], {
      stdio: 'ignore',
      timeout: 120_000,
    });
    path = await playwrightsChromium();
  }
  if (path !== undefined) process.env['CHROMIUM_PATH'] = path;
}

const missing = (names: readonly PeerName[]): PeerName[] =>
  names.filter((name) => findPeer(name) === undefined);

/** What `npm test` needs. */
export const testPeers = (Object.keys(peers) as PeerName[]).filter(
  (name) => peers[name].for === undefined,
);

/**
 * Finds each, installs what is missing where that is possible (as root with apt; a Chromium by Playwright, too);
 * answers what is absent all the same.
 */
export async function installPeers(
  names: readonly PeerName[],
  say: (line: string) => void = console.log,
): Promise<PeerName[]> {
  if (missing(names).includes('chromium') && !mayInstall()) await findOrFetchChromium(say);
  const wanted = missing(names);
  const packages = [...new Set(wanted.flatMap((name) => peers[name].debian))];
  if (packages.length === 0 || !mayInstall()) return wanted;
  say(`  · installing ${packages.join(', ')} by apt`);
  const start = performance.now();
  await withoutServices(async () => {
    for (const step of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
      const { status, output } = await ran('apt-get', [...APT, ...step]);
      if (status !== 0) say(`  ! apt-get ${step[0]} ended with ${status}: ${output.trim()}`);
    }
  }, packages);
  const left = missing(wanted);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (left.length < wanted.length) say(`  ✓ installed (${seconds} s)`);
  return left;
}

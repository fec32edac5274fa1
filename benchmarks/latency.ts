/**
 * Sample taken on a host → value in a rendered React component, end to end: simulated hosts as agents in one
 * process, the real hub and its store in another, the hook in Chromium. Against asking the REST API for the
 * same every three seconds, in the same page at the same time. All on this machine's one clock; a sample's
 * time is the grid second it was due at, so the agent's own lateness is part of the figure.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { findBrowser, launchFlags } from '../scripts/browser.ts';
import { atMost, quantile, type BenchOptions, type BenchResult } from './harness.ts';
import type { Measured } from './latency/page.ts';

const HOSTS = 10;
const SECONDS = 60;
const QUICK_SECONDS = 15;
const root = fileURLToPath(new URL('latency/', import.meta.url));

function start(file: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--conditions=source', `${root}${file}`, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  const outDir = `${root}dist`;
  const shared = { root, configFile: false, logLevel: 'error' } as const;
  await build({
    ...shared,
    resolve: { conditions: ['source', 'module', 'browser', 'production'] },
    build: { outDir, emptyOutDir: true },
  });
  const pages = await preview({
    ...shared,
    build: { outDir },
    preview: { host: '127.0.0.1', port: 18_790 },
  });
  const origin = (pages.resolvedUrls?.local[0] ?? '').replace(/\/$/, '');
  const hub = start('hub.ts', ['127.0.0.1:0', origin, String(HOSTS)]);
  const [line] = (await once(
    createInterface({ input: hub.stdout as NonNullable<typeof hub.stdout> }),
    'line',
  )) as [string];
  const { url, token, keys } = JSON.parse(line) as { url: string; token: string; keys: string[] };
  const hosts = start('hosts.ts', [url, ...keys]);
  const browser = await chromium.launch({
    executablePath: findBrowser(() => undefined),
    args: [...launchFlags],
  });
  try {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const page = await browser.newPage();
    await page.goto(`${origin}/?${String(new URLSearchParams({ hub: url, token }))}`);
    await page.waitForTimeout((options.quick ? QUICK_SECONDS : SECONDS) * 1000);
    const measured = await page.evaluate(
      () => (globalThis as unknown as { measured: Measured }).measured,
    );
    return figures(measured);
  } finally {
    await browser.close();
    hosts.kill();
    hub.kill();
    await pages.close();
  }
}

function figures({ pushed, polled, firstMs }: Measured): BenchResult {
  const against = 'REST every 3 s';
  const compared = (name: string, p: number, bound: number): ReturnType<typeof atMost> => {
    const value = quantile(pushed, p);
    return atMost(name, value, 'ms', bound, { against, ratio: quantile(polled, p) / value });
  };
  return {
    bench: 'latency',
    figures: [
      compared('sample → hook p50', 0.5, 100),
      compared('sample → hook p99', 0.99, 100),
      { name: `${against}: p50`, value: quantile(polled, 0.5), unit: 'ms' },
      { name: `${against}: p99`, value: quantile(polled, 0.99), unit: 'ms' },
      { name: 'page opened → first values', value: firstMs ?? Number.NaN, unit: 'ms' },
      { name: 'updates measured', value: pushed.length, unit: 'updates' },
    ],
  };
}

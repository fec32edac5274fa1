/**
 * Sample taken on a host → value in a rendered React component, end to end, while 1,000 and then 10,000 other
 * dashboards get the same each second: 100 hosts with 12 values as real agents in one process, the real hub and
 * its store in another, the other clients in a third, the hook in Chromium. Time runs from the moment the agent
 * really took the sample, on the machine's one clock, so the agent's work is part of it; the page connects after
 * all the others, so it is the last to be served. Beside it:
 * - what the other clients see: hub's time in the frame → read by the client;
 * - the floor: a C loop that write()s the same frames to as many connections, sent → read, with the same clients;
 * - the longest time for which the hub's event loop was blocked;
 * - asking the REST API every three seconds, in the same page, after the rest.
 */
import { chromium, type Browser } from 'playwright';
import { build, preview } from 'vite';
import { fileURLToPath } from 'node:url';
import { havePeers } from './peers.ts';
import { launchFlags, peerPath } from '../scripts/peers/table.ts';
import { atMost, quantile, type BenchOptions, type BenchResult, type Figure } from './harness.ts';
import type { Measured, Seen } from './latency/page.ts';
import type { GroupCount, LoadClients, Quantiles } from './load/clients.ts';
import { pinningFact } from './load/cores.ts';
import { Floor } from './load/floor.ts';
import type { Taken } from './load/hosts.ts';
import { onStage, type HubStage } from './load/stage.ts';
import { ask, begin, end, pause } from './load/talk.ts';

const HOSTS = 100;
const PAGE_PORT = 18_790;
const SOURCES = 4;
const full = { clients: [1000, 10_000], windowMs: 60_000, otherMs: 30_000, settleMs: 10_000 };
const short = { clients: [100, 500], windowMs: 10_000, otherMs: 10_000, settleMs: 3000 };
type Size = typeof full;

/** p99 of sample → hook, ms, by number of clients beside it. */
const goals: Readonly<Record<number, number>> = { 1000: 60, 10_000: 300 };
const STALL_MS = 40;

interface Window {
  readonly clients: number;
  readonly hookMs: readonly number[];
  readonly polledMs: readonly number[];
  readonly firstMs: number;
  readonly others: Quantiles;
  readonly floor: Quantiles;
  readonly stallMs: number;
}

interface PageGlobals {
  readonly measured: Measured;
  readonly forget: () => void;
  readonly poll: () => void;
}

async function servePage(): Promise<{ origin: string; close: () => Promise<void> }> {
  const root = fileURLToPath(new URL('latency/', import.meta.url));
  const shared = { root, configFile: false, logLevel: 'error' } as const;
  const outDir = `${root}dist`;
  await build({
    ...shared,
    resolve: { conditions: ['source', 'module', 'browser', 'production'] },
    build: { outDir, emptyOutDir: true },
  });
  const pages = await preview({
    ...shared,
    build: { outDir },
    preview: { host: '127.0.0.1', port: PAGE_PORT },
  });
  const origin = (pages.resolvedUrls?.local[0] ?? '').replace(/\/$/, '');
  return { origin, close: async () => await pages.close() };
}

/** How old each sample was when it was seen, from when it was really taken. */
async function ages(stage: HubStage, seen: readonly Seen[]): Promise<readonly number[]> {
  const { taken } = await ask<{ taken: readonly Taken[] }>(stage.hosts, 'taken');
  const times = new Map(
    taken.map(({ host, timeMs, takenMs }) => [`${stage.hostIds[host]} ${timeMs}`, takenMs]),
  );
  return seen.flatMap(([hostId, timeMs, seenMs]) => {
    const takenMs = times.get(`${hostId} ${timeMs}`);
    return takenMs === undefined ? [] : [seenMs - takenMs];
  });
}

async function measure(n: number, size: Size, browser: Browser, origin: string): Promise<Window> {
  return await onStage(async (stage) => {
    const hub = await stage.hub({ hosts: HOSTS, allowOrigins: [origin] }, 1000);
    const clients = stage.clients();
    const record = `${stage.folder}/frames`;
    const { port, token } = hub;
    const opened = await clients.open({
      group: 'others',
      kind: 'hub',
      port,
      token,
      n,
      record,
      rate: 500,
      sources: SOURCES,
    });
    if (opened.live < n) throw new Error(`${opened.live} of ${n} clients live (${opened.why})`);
    const page = await browser.newPage();
    const read = async (): Promise<Measured> =>
      await page.evaluate(() => (globalThis as unknown as PageGlobals).measured);
    await page.goto(`${origin}/?${String(new URLSearchParams({ hub: hub.url, token }))}`);
    await pause(size.settleMs);
    await begin(hub.hub, 'stalls too');
    await clients.count();
    await page.evaluate(() => (globalThis as unknown as PageGlobals).forget());
    await pause(size.windowMs);
    const others = (await clients.count()).groups['others'] as GroupCount;
    const { stallMs } = await end(hub.hub);
    const { pushed, firstMs } = await read();
    const hookMs = await ages(hub, pushed);
    await page.evaluate(() => (globalThis as unknown as PageGlobals).poll());
    await pause(size.otherMs);
    const polledMs = await ages(hub, (await read()).polled);
    await page.close();
    await clients.close('others');
    return {
      clients: n,
      hookMs,
      polledMs,
      firstMs: firstMs ?? Number.NaN,
      stallMs,
      others: others.latency,
      floor: await floorOf(stage.keep(await Floor.start()), clients, n, record, size),
    };
  });
}

async function floorOf(
  floor: Floor,
  clients: LoadClients,
  n: number,
  record: string,
  size: Size,
): Promise<Quantiles> {
  await floor.tick(1000, record);
  await clients.open({ group: 'floor', kind: 'tcp', port: floor.port, n, sources: SOURCES });
  await pause(3000);
  await clients.count();
  await pause(size.otherMs);
  return ((await clients.count()).groups['floor'] as GroupCount).latency;
}

export async function run({ quick }: BenchOptions): Promise<BenchResult> {
  const size = quick ? short : full;
  await havePeers('chromium');
  const pages = await servePage();
  const browser = await onStage(
    async () =>
      await chromium.launch({
        executablePath: peerPath('chromium'),
        args: [...launchFlags],
      }),
  );
  try {
    const windows: Window[] = [];
    for (const n of size.clients) windows.push(await measure(n, size, browser, pages.origin));
    return { bench: 'latency', facts: [pinningFact()], figures: windows.flatMap(figures) };
  } finally {
    await browser.close();
    await pages.close();
  }
}

function figures(measured: Window): Figure[] {
  const { clients, hookMs, polledMs, firstMs, others, floor, stallMs } = measured;
  const beside = `${clients.toLocaleString('en')} clients`;
  const against = 'REST every 3 s';
  const compared = (p: number): [number, Partial<Figure>] => {
    const value = quantile(hookMs, p);
    return [value, { against, ratio: quantile(polledMs, p) / value }];
  };
  const [p50, toP50] = compared(0.5);
  const [p99, toP99] = compared(0.99);
  const bound = goals[clients];
  const name = `${beside}: sample → hook p99`;
  return [
    { name: `${beside}: sample → hook p50`, value: p50, unit: 'ms', ...toP50 },
    bound === undefined
      ? { name, value: p99, unit: 'ms', ...toP99 }
      : atMost(name, p99, 'ms', bound, toP99),
    { name: `${beside}: hub → read by the clients p99`, value: others.p99, unit: 'ms' },
    { name: `${beside}: C write() → read p99`, value: floor.p99, unit: 'ms' },
    atMost(`${beside}: longest stall of the hub`, stallMs, 'ms', STALL_MS),
    { name: `${beside}: page opened → first values`, value: firstMs, unit: 'ms' },
    { name: `${beside}: updates measured`, value: hookMs.length, unit: 'updates' },
  ];
}

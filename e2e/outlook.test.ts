/**
 * What was expected of a host, what stands out with its reason, and where it is going, as a person meets it: a hub with
 * nine days of a host's past, an agent that goes on with it and then rises, a real browser.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startAgent, type Collector, type RunningAgent } from '@openmanager/agent';
import { startHub, type RunningHub } from '@openmanager/hub';
import { chromium, type Browser, type Locator, type Page } from 'playwright';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { testNeeding } from '../scripts/peers/needs.ts';
import { launchFlags, peerPath } from '../scripts/peers/table.ts';
import { obstacles, temporaryFolder } from './rig.ts';

const test = testNeeding('chromium');
const CPU = 'system.cpu.utilization';
const DISK = 'system.filesystem.utilization{system.filesystem.mountpoint="/"}';
const keys = [CPU, DISK];
/** How often the hub's detectors judge. */
const SWEEP_MS = 30_000;
const STEP_MS = SWEEP_MS;
const PAST_MS = 9 * 86_400_000;
const startMs = Math.floor((Date.now() - PAST_MS) / STEP_MS) * STEP_MS;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let hub: RunningHub;
let agent: RunningAgent;
let browser: Browser;
let page: Page;
let hostId: string;
let raised = 0;
let seed = 1;

const noise = (): number => {
  seed = (seed * 16_807) % 2_147_483_647;
  return seed / 2_147_483_647 - 0.5;
};

/** CPU goes with the day; the disk fills up by three percent points a day. */
function valuesAt(timeMs: number): Float64Array {
  const day = 0.3 + 0.15 * Math.sin((timeMs / 86_400_000) * 2 * Math.PI) + 0.05 * noise();
  return Float64Array.of(day + raised, 0.6 + ((timeMs - startMs) / 86_400_000) * 0.03);
}

const collector: Collector = {
  facts: async () => ({
    hostname: 'box',
    os: 'linux',
    osName: 'Debian 13',
    kernel: '6.12',
    arch: 'x64',
    cpuModel: 'cpu',
    cpuCount: 4,
    memoryBytes: 8e9,
    timeZone: 'UTC',
  }),
  sample: (timeMs) => ({ keys, values: valuesAt(timeMs) }),
  processes: () => [],
};

beforeAll(async () => {
  folder = await temporaryFolder();
  // Detectors judge every half minute; here twice a second, for a test that does not take minutes.
  const { setInterval: every } = globalThis;
  vi.spyOn(globalThis, 'setInterval').mockImplementation(((work: () => void, ms?: number) =>
    every(work, ms === SWEEP_MS ? 500 : ms)) as typeof setInterval);
  hub = await startHub({
    listen: '127.0.0.1:0',
    dataFolder: join(folder.path, 'hub'),
    dashboardFolder: fileURLToPath(new URL('../apps/dashboard/dist', import.meta.url)),
    logLevel: 'fatal',
  });
  vi.restoreAllMocks();
  const enrolled = await hub.localAgentKey('box');
  hostId = enrolled.agentId;
  const timesMs = Array.from({ length: PAST_MS / STEP_MS }, (_, at) => startMs + at * STEP_MS);
  const rows = timesMs.map(valuesAt);
  const columns = keys.map((_, place) => Float64Array.from(rows, (row) => row[place] as number));
  await hub.backfill(hostId, { keys, timesMs, columns });
  agent = await startAgent({
    hub: hub.url,
    key: enrolled.key,
    intervalMs: 500,
    stateFolder: null,
    collect: collector,
  });
  browser = await chromium.launch({ executablePath: peerPath('chromium'), args: [...launchFlags] });
  page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await page.goto(hub.setupLink ?? '');
  await page.getByText('Set a password').first().waitFor();
  await page.goto(`${hub.url}/hosts/${hostId}`);
});

afterAll(async () => {
  await browser?.close();
  await agent?.stop();
  await hub?.stop();
  await folder?.remove();
});

const panel = (): Locator => page.getByRole('region', { name: 'Expected and ahead' });

/** Cells of a column of the chart's table, by its heading. */
async function column(name: string): Promise<string[]> {
  const table = panel().getByRole('table');
  const heads = await table.getByRole('columnheader').allTextContents();
  const place = heads.indexOf(name);
  expect(heads).toContain(name);
  const rows = await table.locator('tbody tr').all();
  return Promise.all(rows.map(async (row) => await row.locator('th, td').nth(place).innerText()));
}

const figures = (cells: readonly string[]): number[] =>
  cells.filter((cell) => cell.endsWith('%')).map((cell) => Number.parseFloat(cell));

test('the chart of a series has its expected band and its forecast fan', async () => {
  await panel().getByText('Forecast').first().waitFor();
  await panel().getByRole('button', { name: 'CPU as a table' }).click();
  const measured = await column('Measured');
  const lower = await column('Expected from');
  const upper = await column('Expected to');
  const within = measured.filter((cell, at) => {
    const [value = 0, low = 0, high = 0] = figures([cell, lower[at] ?? '', upper[at] ?? '']);
    return value >= low && value <= high;
  });
  expect(within.length).toBeGreaterThan(20);
  const mean = figures(await column('Forecast'));
  expect(mean.length).toBeGreaterThan(3);
  // It follows the day.
  for (const value of mean) expect(value).toBeGreaterThan(5);
  for (const value of mean) expect(value).toBeLessThan(55);
  const [from, to] = [figures(await column('95% from')), figures(await column('95% to'))];
  for (const [at, value] of mean.entries()) {
    expect(from[at]).toBeLessThanOrEqual(value);
    expect(to[at]).toBeGreaterThanOrEqual(value);
  }
});

test('a disk that fills up says when it is full', async () => {
  await panel().getByRole('combobox', { name: 'Series' }).selectOption({ label: 'Disk space /' });
  await panel().getByText('Full in').waitFor();
  const text = await panel().getByText('Full in').locator('..').innerText();
  expect(text).toMatch(/[3-5]\sd/);
});

test('what stands out is named with its reason, marked in the chart, and can be said to be normal', async () => {
  raised = 0.5;
  const row = panel().getByRole('listitem').filter({ hasText: /CPU/ }).last();
  await row.waitFor();
  expect(await row.innerText()).toMatch(
    /highest|unexpectedly high|high for this hour|moves more|varies|unlike it ever was/,
  );
  await row.getByRole('button', { name: 'This is normal' }).click();
  await row.getByText('Normal', { exact: true }).waitFor();
  await row.getByRole('button', { name: 'Take back' }).click();
  await row.getByRole('button', { name: 'This is normal' }).waitFor();
  await page.goto(`${hub.url}/alerts`);
  await page.getByRole('radio', { name: 'Events' }).check({ force: true });
  await page
    .getByText(/stands? out:/)
    .first()
    .waitFor();
});

test('nothing of it is out of reach of a keyboard or a screen reader', async () => {
  await page.goto(`${hub.url}/hosts/${hostId}`);
  await panel().getByText('Forecast').first().waitFor();
  expect(await obstacles(page)).toEqual([]);
});

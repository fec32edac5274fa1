/**
 * The whole path in a real browser: hub and agent as processes, sign-in by the printed link, live values, a
 * burning CPU that becomes an alert and a native notification, none for what is silenced or acknowledged, and a killed
 * hub that the page gets over by itself.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Alert, AlertList, EnrolmentCode, HostSummary } from '@openmanager/protocol';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright';
import { afterAll, beforeAll, expect } from 'vitest';
import { testNeeding } from '../scripts/peers/needs.ts';
import { launchFlags, peerPath } from '../scripts/peers/table.ts';
import { full } from '../scripts/proof/kit.ts';
import { endAll, freePort, get, LINK, run, temporaryFolder, until, type Running } from './rig.ts';

const test = testNeeding('chromium');
const BURN = fileURLToPath(new URL('burn.ts', import.meta.url));
/** The agent's own interval here; one sample a second while the host page is open. */
const INTERVAL_MS = 2000;
/** Longer than the widest step that a table shows, so that a hole would be seen. */
const OUTAGE_MS = full(20, 120) * 1000;
/** The table shows at most 60 rows evenly apart: five minutes of samples every two seconds are a row in ten seconds. */
const WIDEST_STEP_MS = 10_000;
/** What rings does so within a second of its sample. */
const QUIET_MS = 2_500;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let hub: Running;
let flags: string[];
let origin: string;
const burners = new Set<ChildProcess>();

interface Shown {
  readonly text: string;
  readonly atMs: number;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  flags = ['hub', '--listen', `127.0.0.1:${await freePort()}`, '--data', join(folder.path, 'hub')];
  browser = await chromium.launch({ executablePath: peerPath('chromium'), args: [...launchFlags] });
});

afterAll(async () => {
  stopBurning();
  await browser.close();
  endAll();
  await folder.remove();
});

function startBurning(): void {
  for (let core = 0; core < availableParallelism(); core++) burners.add(fork(BURN));
}

function stopBurning(): void {
  for (const burner of burners) burner.kill('SIGKILL');
  burners.clear();
}

/** Times of day, in ms, as the table shows them (in this machine's time zone, hh:mm:ss). */
function msOfDay(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = (/(\d+):(\d+):(\d+)/.exec(text) ?? [])
    .slice(1)
    .map(Number);
  const afternoon =
    /PM/i.test(text) && hours < 12 ? 12 : /AM/i.test(text) && hours === 12 ? -12 : 0;
  return (((hours + afternoon) * 60 + minutes) * 60 + seconds) * 1000;
}

function dayTime(epochMs: number): number {
  const date = new Date(epochMs);
  return msOfDay(`${date.getHours()}:${date.getMinutes()}:${date.getSeconds()}`);
}

async function cookie(): Promise<string> {
  const [first] = await context.cookies(origin);
  return `${first?.name ?? ''}=${first?.value ?? ''}`;
}

async function firing(ruleId: string): Promise<Alert | undefined> {
  const { alerts } = await get<AlertList>(origin, 'alerts', await cookie());
  return alerts.find((alert) => alert.ruleId === ruleId && alert.state === 'firing');
}

async function fired(ruleId: string): Promise<Alert> {
  return (await until(
    () => firing(ruleId),
    (found) => found !== undefined,
  )) as Alert;
}

async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(`${origin}/api/v1/${path}`, {
    method,
    headers: {
      origin,
      cookie: await cookie(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** Rules about a busy CPU: each alone, and by a name of its own, since what rang moments ago is held back. */
async function onlyRule(ruleId: string): Promise<void> {
  const rules = await get<{ rule: { ruleId: string } }[]>(origin, 'rules/full', await cookie());
  const cpuHigh = rules.find(({ rule }) => rule.ruleId === 'cpu-high')?.rule;
  await send('PUT', 'rules', {
    rules: [
      { ...cpuHigh, enabled: false },
      // The one that is copied may be disabled already.
      { ...cpuHigh, enabled: true, ruleId },
    ],
  });
}

function notified(): Promise<Shown[]> {
  return page.evaluate(() => (globalThis as unknown as { shown: Shown[] }).shown);
}

const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, QUIET_MS));

test('the printed link signs the first person in', async () => {
  hub = run(flags);
  const [link, base] = await hub.printed(LINK);
  origin = base as string;
  context = await browser.newContext({
    locale: 'en-US',
    permissions: ['notifications'],
    viewport: { width: 1440, height: 900 },
  });
  // Keeps what the page notifies, next to really notifying.
  await context.addInitScript(() => {
    const shown: { text: string; atMs: number }[] = [];
    Object.assign(globalThis, { shown, loadedAt: performance.timeOrigin });
    const Native = Notification;
    const record = (text: string): void => void shown.push({ text, atMs: Date.now() });
    globalThis.Notification = class extends Native {
      constructor(title: string, options?: NotificationOptions) {
        super(title, options);
        this.addEventListener('show', () => record(`${title} ${options?.body ?? ''}`));
      }
    };
  });
  page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(link as string);
  await page.getByRole('button', { name: 'Skip for now' }).click();
  await page.getByRole('heading', { name: 'No host yet' }).waitFor();
  expect(page.url()).not.toContain('token');
});

test('an agent enrolled by a code from the page shows up by itself', async () => {
  const answer = await page.evaluate(async () => {
    const response = await fetch('/api/v1/agents/codes', { method: 'POST' });
    return (await response.json()) as EnrolmentCode;
  });
  const state = join(folder.path, 'agent');
  const enroll = run(['agent', 'enroll', '--hub', origin, '--code', answer.code, '--state', state]);
  expect(await enroll.ended()).toBe(0);
  run(['agent', '--hub', origin, '--state', state, '--interval', `${INTERVAL_MS}ms`]);
  await page.getByRole('listitem').getByText('CPU').first().waitFor();
});

test('the host’s CPU changes live', async () => {
  await page.getByRole('listitem').getByRole('link').first().click();
  const cursor = page.getByRole('slider', { name: /^CPU by mode/ });
  await cursor.waitFor();
  const seen = new Set<string>();
  await until(
    async () => seen.add((await cursor.getAttribute('aria-valuetext')) ?? ''),
    ({ size }) => size >= 4,
  );
});

test('a burning CPU becomes an alert in the page and a native notification within a second of the sample', async () => {
  await page.goto(`${origin}/account`);
  const notify = page.getByRole('switch', { name: 'Notify me when an alert fires' });
  if (
    (await notify.getAttribute('aria-checked')) !== 'true' &&
    !(await notify.isChecked().catch(() => false))
  )
    await notify.click();
  await page.getByRole('link', { name: 'Fleet', exact: true }).click();
  await page.getByRole('listitem').getByRole('link').first().click();
  await page.evaluate(() => Object.assign(globalThis, { stays: true }));

  const delays: number[] = [];
  // Another try is for a machine that did not let the browser run at that moment, never for a missing notification.
  for (let attempt = 0; attempt < 3 && (delays.at(-1) ?? Infinity) > 1000; attempt++) {
    // The default rule, unless others keep this machine so busy that it has rung before.
    const isFresh = attempt === 0 && (await firing('cpu-high')) === undefined;
    const ruleId = isFresh ? 'cpu-high' : `cpu-high-${attempt}`;
    const before = (await notified()).length;
    if (!isFresh) await onlyRule(ruleId);
    startBurning();
    const alert = await fired(ruleId);
    await page
      .getByRole('link', { name: /\d+ alerts? firing/ })
      .first()
      .waitFor();
    const shown = await until(notified, ({ length }) => length > before);
    expect(shown.length).toBe(before + 1);
    expect(shown.at(-1)?.text).toContain('CPU');
    delays.push((shown.at(-1)?.atMs ?? Number.NaN) - alert.sampleTimeMs);
    // Exactly once: not with the following samples either.
    await quiet();
    stopBurning();
    expect(await notified()).toHaveLength(before + 1);
  }
  console.log(`sample → notification: ${delays.join(', ')} ms`);
  expect(Math.min(...delays)).toBeLessThanOrEqual(1000);
});

test('what is silenced or acknowledged does not ring; when neither holds any more it does, once', async () => {
  const ruleId = 'cpu-silenced';
  const { silenceId } = await send<{ silenceId: string }>('POST', 'silences', {
    matchers: [{ name: 'rule', op: '=', value: ruleId }],
    reason: 'maintenance',
    endsAtMs: Date.now() + 3_600_000,
  });
  const before = (await notified()).length;
  await onlyRule(ruleId);
  startBurning();
  const { id, notify } = await fired(ruleId);
  expect(notify).toMatchObject({ to: 'browsers', muted: 'silenced', by: silenceId });
  await page
    .getByRole('link', { name: /\d+ alerts? firing/ })
    .first()
    .waitFor();
  await quiet();
  expect(await notified()).toHaveLength(before);

  const acknowledgement = `alerts/${encodeURIComponent(id)}/acknowledgement`;
  await send('PUT', acknowledgement, {});
  await send('DELETE', `silences/${silenceId}`);
  expect((await firing(ruleId))?.notify).toEqual({ to: 'browsers', muted: 'acknowledged' });
  await quiet();
  expect(await notified()).toHaveLength(before);

  await send('DELETE', acknowledgement);
  await until(notified, ({ length }) => length > before);
  await quiet();
  expect(await notified()).toHaveLength(before + 1);
  stopBurning();
});

test('after the hub was killed and started again the page goes on by itself, without a hole', async () => {
  await hub.end('SIGKILL');
  const killedAt = Date.now();
  await page
    .getByText(/Reconnecting|Offline/)
    .first()
    .waitFor();
  await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
  hub = run(flags);
  await hub.printed(/Ctrl-C/);
  const backAt = Date.now();
  const [host] = await until(
    async () => get<HostSummary[]>(origin, 'hosts', await cookie()),
    ([one]) => one?.status === 'online',
  );
  expect(host).toBeDefined();
  await page.getByRole('button', { name: /CPU by mode as a table/ }).click();
  const table = page.getByRole('group', { name: /Values of CPU by mode/ });
  const times = (): Promise<number[]> =>
    table
      .getByRole('rowheader')
      .allTextContents()
      .then((texts) => texts.map(msOfDay).toSorted((a, b) => a - b));
  // New samples arrive, and those measured while the hub was away come too, until nothing is missing.
  await until(times, (all) => {
    const recent = all.filter((time) => time > dayTime(killedAt) - 5000);
    const steps = recent.slice(1).map((time, index) => time - (recent[index] as number));
    return (recent.at(-1) ?? 0) > dayTime(backAt) + 2000 && Math.max(...steps) <= WIDEST_STEP_MS;
  });
  expect(await table.getByText('no data').count()).toBe(0);
  expect(await page.evaluate(() => (globalThis as unknown as { stays?: boolean }).stays)).toBe(
    true,
  );
});

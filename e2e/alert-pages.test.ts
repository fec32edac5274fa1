/**
 * Alerts as a person meets them: a rule made in the page fires, is acknowledged with a note and silenced, a webhook
 * hears of it, and the page says what was sent and answered. A real hub, a real agent, a real browser.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, expect } from 'vitest';
import { testNeeding } from '../scripts/peers/needs.ts';
import { launchFlags, peerPath } from '../scripts/peers/table.ts';
import { endAll, freePort, LINK, obstacles, run, temporaryFolder, type Running } from './rig.ts';

const test = testNeeding('chromium');
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let browser: Browser;
let page: Page;
let hub: Running;
let origin: string;
let sink: Server;
const heard: string[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  browser = await chromium.launch({ executablePath: peerPath('chromium'), args: [...launchFlags] });
  sink = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      heard.push(body);
      response.end('thank you');
    });
  }).listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const address = `127.0.0.1:${await freePort()}`;
  hub = run([
    'start',
    '--listen',
    address,
    '--public-url',
    `http://${address}`,
    '--data',
    join(folder.path, 'hub'),
    '--interval',
    '1s',
  ]);
  const link = await hub.printed(LINK);
  origin = link[1] as string;
  page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await page.goto(link[0]);
  await page.getByText('Set a password').first().waitFor();
});

afterAll(async () => {
  await browser.close();
  sink.close();
  endAll();
  await folder.remove();
});

async function open(path: string): Promise<void> {
  await page.goto(origin + path);
  await page.getByRole('heading', { level: 1 }).waitFor();
}

test('a receiver is tried before it is saved, and the far side’s answer is shown', async () => {
  await open('/alerts/routing');
  const { port } = sink.address() as AddressInfo;
  await page.getByLabel('Private addresses that may be sent to').fill('127.0.0.1');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
  await open('/alerts/receivers');
  await page.getByRole('button', { name: 'New receiver' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('sink');
  await dialog.getByLabel('Address').fill(`http://127.0.0.1:${port}/hook`);
  await dialog.getByLabel('Signing secret').fill('a secret of ours');
  await dialog.getByRole('button', { name: 'Send a test' }).click();
  await dialog.getByText('Delivered').waitFor();
  expect(heard).toHaveLength(1);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row', { name: /sink/ }).getByRole('button', { name: 'Edit' }).click();
  // Secrets are never shown again.
  expect(await page.getByRole('dialog').getByLabel('Signing secret').inputValue()).toBe('');
  expect(await page.content()).not.toContain('a secret of ours');
  await page.keyboard.press('Escape');
  await open('/alerts/routing');
  await page.getByLabel('sink').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved.').waitFor();
});

test('a rule is tried on history, saved, and fires', async () => {
  await open('/alerts/rules');
  await page.getByRole('button', { name: 'New rule' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('always');
  await dialog.getByLabel('Metric').fill('system.process.count');
  await dialog.getByLabel('Begins beyond').fill('1');
  await dialog.getByLabel('Ends beyond').fill('0');
  await dialog.getByLabel('For at least').fill('0s');
  await dialog.getByLabel('Sentence').fill('Processes run on {{host}}');
  await dialog.getByRole('button', { name: 'Try' }).click();
  await dialog.getByText(/would have fired once|would not have fired/).waitFor();
  expect(await obstacles(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row', { name: /always/ }).waitFor();
  expect(await obstacles(page)).toEqual([]);
  await open('/alerts');
  await page
    .getByRole('listitem')
    .filter({ hasText: /process/i })
    .first()
    .waitFor();
});

test('the message links to the page of its alert, where a tap each acknowledges and silences', async () => {
  const linked = (): string | undefined =>
    heard
      .flatMap(
        (body) => (JSON.parse(body) as { alerts: { ruleId: string; pageUrl?: string }[] }).alerts,
      )
      .find(({ ruleId }) => ruleId === 'always')?.pageUrl;
  await expect.poll(linked, { timeout: 30_000 }).toMatch(/^http:.*[/]alerts[/]./);
  await page.goto(linked() as string);
  await page
    .getByText(/Processes run on|process/i)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Acknowledge' }).waitFor();
  await page.getByRole('button', { name: 'Silence 1 h' }).waitFor();
  expect(await obstacles(page)).toEqual([]);
  await open('/alerts');
});

test('the alert is acknowledged with a note, then silenced for a while', async () => {
  const alert = page
    .getByRole('listitem')
    .filter({ hasText: /process/i })
    .first();
  await alert.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByRole('dialog').getByLabel('Note').fill('<b>looking into it</b>');
  await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
  await alert.getByText('<b>looking into it</b>').waitFor();
  expect(await obstacles(page)).toEqual([]);
  await alert.getByRole('link', { name: 'Silence…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Mutes 1 alert right now.').waitFor();
  await dialog.getByLabel('Reason').fill('maintenance');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('row', { name: /maintenance/ }).waitFor();
  expect(await obstacles(page)).toEqual([]);
  await open('/alerts');
  await page.getByRole('listitem').filter({ hasText: 'Silenced' }).first().waitFor();
});

test('what was sent is listed with the answer, until it was silenced', async () => {
  await open('/alerts/sent');
  expect(await obstacles(page)).toEqual([]);
  await open('/system');
  await page.getByText('Every page keeps up').waitFor();
  await page.getByRole('row', { name: /Samples as they came/ }).waitFor();
  expect(await obstacles(page)).toEqual([]);
});

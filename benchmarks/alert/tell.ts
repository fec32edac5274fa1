/** How long it takes from a sample to somebody hearing of it: in the page, and at a webhook beside Prometheus's. */
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { launchFlags, peerPath } from '../../scripts/peers/table.ts';
import { atMost, quantile, type Figure } from '../harness.ts';
import { pinRest } from '../load/cores.ts';
import { pause } from '../load/talk.ts';
import type { Shown } from './page.ts';
import { havePeers } from '../peers.ts';
import { startPrometheus } from './prometheus.ts';
import { connect, METRIC, startAlertHub, webhook, type Agent } from './rig.ts';

const root = fileURLToPath(new URL('.', import.meta.url));
const PAGE_PORT = 18_791;
const GOAL_MS = 100;

export async function tellPage(hosts: number): Promise<Figure[]> {
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
  pinRest();
  const hub = await startAlertHub({ hosts, allowOrigins: [origin] });
  await havePeers('chromium');
  const browser = await chromium.launch({
    executablePath: peerPath('chromium'),
    args: [...launchFlags],
  });
  try {
    const context = await browser.newContext();
    await context.grantPermissions(['notifications'], { origin });
    const page = await context.newPage();
    const address = new URLSearchParams({ hub: hub.url, token: hub.token });
    await page.goto(`${origin}/?${String(address)}`);
    await page.waitForFunction(() => (globalThis as unknown as { ready?: boolean }).ready === true);
    const agents = await Promise.all(
      hub.keys.map((key, index) => connect(hub.url, key, `host-${index}-`)),
    );
    await pause(2_000);
    const sent: { readonly host: string; readonly atMs: number }[] = [];
    // Once each: what fires again within five minutes is held back, and rings once when it flaps.
    for (const agent of agents) {
      sent.push({ host: agent.host, atMs: agent.send(0.95) });
      await pause(80);
    }
    await pause(2_000);
    const shown = await page.evaluate(() => (globalThis as unknown as { shown: Shown[] }).shown);
    const delays = sent.flatMap(({ host, atMs }) => {
      const found = shown.find(([text, madeMs]) => text.includes(host) && madeMs >= atMs);
      return found && found[1] - atMs < 1_000 ? [found[1] - atMs] : [];
    });
    const name = 'sample → judged, stored, announced → notification in the page';
    return [
      { name: `${name} p50`, value: quantile(delays, 0.5), unit: 'ms' },
      atMost(`${name} p99`, quantile(delays, 0.99), 'ms', GOAL_MS),
      { name: 'alerts that fired', value: sent.length, unit: 'alerts' },
      atMost('alerts without a notification', sent.length - delays.length, 'alerts', 0),
    ];
  } finally {
    await browser.close();
    hub.child.kill();
    await pages.close();
  }
}

/** Each alert is a group of its own, and no group waits: what is left is how often each side looks. */
export async function tellWebhook(turns: number): Promise<Figure[]> {
  if (!(await havePeers('prometheus', 'alertmanager'))) return [];
  const [ours, theirs] = [new Map<string, number>(), new Map<string, number>()];
  const first = (known: Map<string, number>, name: string, atMs: number): void => {
    if (!known.has(name)) known.set(name, atMs);
  };
  const ourHook = await webhook((body, atMs) => {
    for (const { target } of (body as { alerts: { target: { name: string } }[] }).alerts)
      first(ours, target.name, atMs);
  });
  const theirHook = await webhook((body, atMs) => {
    for (const { labels } of (body as { alerts: { labels: { n: string } }[] }).alerts)
      first(theirs, labels.n, atMs);
  });
  const values = new Map(Array.from({ length: turns }, (_, index) => [`n${index}`, 0]));
  const prometheus = await startPrometheus({
    exposition: () => [...values].map(([n, value]) => `bench_value{n="${n}"} ${value}\n`).join(''),
    rules: [{ name: 'High', expr: 'bench_value > 0.5' }],
    intervalSeconds: 1,
    webhookUrl: theirHook.url,
  });
  const hub = await startAlertHub({ hosts: turns, allowOrigins: [] });
  try {
    await hub.api('PUT', 'receivers/hook', { kind: 'webhook', url: ourHook.url });
    await hub.api('PUT', 'routing', {
      route: { receivers: ['hook'], groupWaitMs: 0, groupIntervalMs: 1_000 },
      allowHosts: ['127.0.0.1'],
    });
    await hub.api('PUT', 'rules/high', {
      kind: 'above',
      ruleId: 'high',
      metric: METRIC,
      scope: 'total',
      threshold: 0.5,
      clear: 0.4,
      forMs: 0,
      severity: 'warning',
    });
    const agents: Agent[] = [];
    for (const [index, key] of hub.keys.entries())
      agents.push(await connect(hub.url, key, `n${index}`));
    await pause(3_000);
    const [ourMs, theirMs]: [number[], number[]] = [[], []];
    const sent: { readonly name: string; readonly atMs: number }[] = [];
    for (const agent of agents) {
      sent.push({ name: agent.host, atMs: agent.send(0.7) });
      values.set(agent.host, 1);
      // Not in step with anybody's second.
      await pause(730);
    }
    await pause(8_000);
    for (const { name, atMs } of sent) {
      ourMs.push((ours.get(name) ?? Number.NaN) - atMs);
      theirMs.push((theirs.get(name) ?? Number.NaN) - atMs);
    }
    const against = 'Prometheus and Alertmanager at 1 s each, group_wait 0';
    return [0.5, 0.99].map((p) => {
      const value = quantile(ourMs, p);
      return {
        name: `sample → webhook p${p * 100}`,
        value,
        unit: 'ms',
        against,
        ratio: quantile(theirMs, p) / value,
      };
    });
  } finally {
    hub.child.kill();
    prometheus.end();
    ourHook.close();
    theirHook.close();
  }
}

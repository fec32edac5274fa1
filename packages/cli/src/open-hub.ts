import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startHub, type HubOptions, type RunningHub } from '@openmanager/hub';
import { step } from './progress.ts';
import { text } from './text.ts';
import { durationMs, settings, sizeBytes, tierOf, UsageError, type Values } from './settings.ts';

export type HubSettings = Values<
  | 'listen'
  | 'data'
  | 'retention'
  | 'tiers'
  | 'maxDisk'
  | 'seriesPerHost'
  | 'store'
  | 'publicUrl'
  | 'allowOrigin'
  | 'logLevel'
  | 'signinLink'
  | 'new'
>;

/** The built dashboard: beside this file in the published package, in apps/ in the repository. */
function dashboardFolder(): string | undefined {
  return ['../dashboard', '../../../apps/dashboard/dist']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((folder) => existsSync(folder));
}

const tiersOf = (entries: readonly string[]): ReturnType<typeof tierOf>[] =>
  entries.length === 1 && entries[0] === 'none' ? [] : entries.map(tierOf);

/** Of `prometheus=http://…`. */
function clusterUrl(value: string): string {
  const url = /^prometheus=(https?:\/\/\S+)$/.exec(value)?.[1];
  if (url === undefined || !URL.canParse(url)) throw new UsageError(text('error.store', { value }));
  return url;
}

/** Of a dashboard, as a link may begin with it. */
function publicUrl(value: string): string {
  if (/^https?:\/\/[^\s?#@]+$/.test(value) && URL.canParse(value)) return value;
  throw new UsageError(text('error.publicUrl', { value }));
}

/** Starts the hub with the command's settings and prints a line per step. */
export async function openHub(
  values: HubSettings,
  { demo = false }: Pick<HubOptions, 'demo'> = {},
): Promise<RunningHub> {
  const folder = resolve(values.data ?? settings.data.sample);
  const dashboard = dashboardFolder();
  const hub = await startHub({
    listen: values.listen ?? settings.listen.sample,
    dataFolder: folder,
    demo,
    allowOrigins: values.allowOrigin,
    retentionMs: durationMs(settings.retention, values.retention ?? settings.retention.sample),
    ...(values.tiers.length === 0 ? {} : { tiers: tiersOf(values.tiers) }),
    ...(values.maxDisk === undefined
      ? {}
      : { maxBytes: sizeBytes(settings.maxDisk, values.maxDisk) }),
    ...(values.seriesPerHost === undefined
      ? {}
      : { agentLimits: { seriesPerHost: values.seriesPerHost } }),
    ...(values.publicUrl === undefined ? {} : { publicUrl: publicUrl(values.publicUrl) }),
    ...(values.store === undefined ? {} : { clusterUrl: clusterUrl(values.store) }),
    logLevel: values.logLevel ?? settings.logLevel.sample,
    signinLink: values.signinLink,
    startAnew: values.new,
    ...(dashboard === undefined ? {} : { dashboardFolder: dashboard }),
  });
  step('step.store', { folder });
  step('step.listen', { url: hub.url });
  for (const problem of hub.problems()) console.error(`  ! ${problem}`);
  return hub;
}

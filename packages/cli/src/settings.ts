/** Settings: each is a flag and an environment variable of the same name; the flag wins. */
import { parseArgs } from 'node:util';
import { parseDuration } from '@openmanager/protocol/durations';
import type { HubOptions } from '@openmanager/hub';
import { text, type TextKey } from './text.ts';

type TierOptions = NonNullable<HubOptions['tiers']>[number];

type Kind = 'text' | 'number' | 'switch' | 'list';

interface Kinds {
  listen: 'text';
  data: 'text';
  retention: 'text';
  tiers: 'list';
  maxDisk: 'text';
  seriesPerHost: 'number';
  store: 'text';
  publicUrl: 'text';
  allowOrigin: 'list';
  logLevel: 'text';
  signinLink: 'switch';
  new: 'switch';
  interval: 'text';
  hub: 'text';
  token: 'text';
  code: 'text';
  state: 'text';
  name: 'text';
  label: 'list';
  include: 'list';
  exclude: 'list';
  once: 'switch';
  json: 'switch';
  hosts: 'number';
  seed: 'number';
  past: 'text';
  explain: 'switch';
  multivariate: 'switch';
  horizon: 'number';
  season: 'list';
  level: 'number';
  user: 'text';
  format: 'text';
  from: 'text';
  to: 'text';
  host: 'list';
  metric: 'list';
  out: 'text';
  apiToken: 'text';
  dryRun: 'switch';
  strict: 'switch';
}

export type SettingName = keyof Kinds;

export interface Setting<K extends Kind = Kind> {
  readonly flag: string;
  readonly kind: K;
  /** The default, or an example, shown in --help; empty for switches. */
  readonly sample: string;
  readonly help: TextKey;
}

export const settings: { readonly [N in SettingName]: Setting<Kinds[N]> } = {
  listen: { flag: 'listen', kind: 'text', sample: '127.0.0.1:8787', help: 'setting.listen' },
  data: { flag: 'data', kind: 'text', sample: './data', help: 'setting.data' },
  retention: { flag: 'retention', kind: 'text', sample: '48h', help: 'setting.retention' },
  tiers: {
    flag: 'tiers',
    kind: 'list',
    sample: '1m=30d,15m=366d,2h=1830d',
    help: 'setting.tiers',
  },
  store: {
    flag: 'store',
    kind: 'text',
    sample: 'prometheus=http://127.0.0.1:8428',
    help: 'setting.store',
  },
  maxDisk: { flag: 'max-disk', kind: 'text', sample: '20GB', help: 'setting.max-disk' },
  seriesPerHost: {
    flag: 'series-per-host',
    kind: 'number',
    sample: '20000',
    help: 'setting.series-per-host',
  },
  publicUrl: {
    flag: 'public-url',
    kind: 'text',
    sample: 'https://monitoring.example.org',
    help: 'setting.public-url',
  },
  allowOrigin: {
    flag: 'allow-origin',
    kind: 'list',
    sample: 'https://…',
    help: 'setting.allow-origin',
  },
  logLevel: { flag: 'log-level', kind: 'text', sample: 'warn', help: 'setting.log-level' },
  signinLink: { flag: 'signin-link', kind: 'switch', sample: '', help: 'setting.signin-link' },
  new: { flag: 'new', kind: 'switch', sample: '', help: 'setting.new' },
  interval: { flag: 'interval', kind: 'text', sample: '5s', help: 'setting.interval' },
  hub: { flag: 'hub', kind: 'text', sample: 'http://127.0.0.1:8787', help: 'setting.hub' },
  token: { flag: 'token', kind: 'text', sample: 'KEY', help: 'setting.token' },
  code: { flag: 'code', kind: 'text', sample: 'XXXX-XXXX-XXXX-XXXX', help: 'setting.code' },
  state: {
    flag: 'state',
    kind: 'text',
    sample: '/var/lib/openmanager-agent',
    help: 'setting.state',
  },
  name: { flag: 'name', kind: 'text', sample: 'web-1', help: 'setting.name' },
  label: { flag: 'label', kind: 'list', sample: 'team=shop', help: 'setting.label' },
  include: { flag: 'include', kind: 'list', sample: 'filesystem=tmpfs', help: 'setting.include' },
  exclude: { flag: 'exclude', kind: 'list', sample: 'network=veth*', help: 'setting.exclude' },
  once: { flag: 'once', kind: 'switch', sample: '', help: 'setting.once' },
  json: { flag: 'json', kind: 'switch', sample: '', help: 'setting.json' },
  hosts: { flag: 'hosts', kind: 'number', sample: '50', help: 'setting.hosts' },
  past: { flag: 'past', kind: 'text', sample: '3d', help: 'setting.past' },
  seed: { flag: 'seed', kind: 'number', sample: '1', help: 'setting.seed' },
  explain: { flag: 'explain', kind: 'switch', sample: '', help: 'setting.explain' },
  multivariate: {
    flag: 'multivariate',
    kind: 'switch',
    sample: '',
    help: 'setting.multivariate',
  },
  horizon: { flag: 'horizon', kind: 'number', sample: '48', help: 'setting.horizon' },
  season: { flag: 'season', kind: 'list', sample: '24', help: 'setting.season' },
  level: { flag: 'level', kind: 'number', sample: '95', help: 'setting.level' },
  user: { flag: 'user', kind: 'text', sample: 'admin', help: 'setting.user' },
  format: { flag: 'format', kind: 'text', sample: 'csv', help: 'setting.format' },
  from: { flag: 'from', kind: 'text', sample: '24h', help: 'setting.from' },
  to: { flag: 'to', kind: 'text', sample: '2026-01-31T12:00:00Z', help: 'setting.to' },
  host: { flag: 'host', kind: 'list', sample: 'ID', help: 'setting.host' },
  metric: { flag: 'metric', kind: 'list', sample: 'NAME', help: 'setting.metric' },
  out: { flag: 'out', kind: 'text', sample: 'FILE', help: 'setting.out' },
  strict: { flag: 'strict', kind: 'switch', sample: '', help: 'setting.strict' },
  dryRun: { flag: 'dry-run', kind: 'switch', sample: '', help: 'setting.dry-run' },
  apiToken: { flag: 'api-token', kind: 'text', sample: 'om_…', help: 'setting.api-token' },
};

interface ValueOf {
  text: string | undefined;
  number: number | undefined;
  switch: boolean;
  list: readonly string[];
}

export type Values<N extends SettingName> = { readonly [K in N]: ValueOf[Kinds[K]] };

const hubNames = [
  'listen',
  'data',
  'retention',
  'tiers',
  'maxDisk',
  'seriesPerHost',
  'store',
  'publicUrl',
  'allowOrigin',
  'logLevel',
  'signinLink',
  'new',
] as const;

/** What is said of the host and of what is collected. */
export const agentNames = ['name', 'label', 'include', 'exclude'] as const;
type AgentName = (typeof agentNames)[number];

/** Which settings each command takes. */
export const settingsOf: {
  readonly hub: readonly (typeof hubNames)[number][];
  readonly start: readonly ((typeof hubNames)[number] | 'interval' | AgentName)[];
  readonly demo: readonly ((typeof hubNames)[number] | 'interval' | 'hosts' | 'seed' | 'past')[];
  readonly agent: readonly (
    | 'hub'
    | 'token'
    | 'interval'
    | 'state'
    | AgentName
    | 'logLevel'
    | 'once'
    | 'json'
  )[];
  readonly enroll: readonly ('hub' | 'code' | 'state')[];
  readonly detect: readonly ('explain' | 'multivariate')[];
  readonly forecast: readonly ('horizon' | 'season' | 'level')[];
  readonly rulesFile: readonly never[];
  readonly rulesCheck: readonly 'strict'[];
  readonly rulesHub: readonly ('hub' | 'user')[];
  readonly export: readonly (
    | 'format'
    | 'from'
    | 'to'
    | 'host'
    | 'metric'
    | 'out'
    | 'hub'
    | 'apiToken'
    | 'user'
  )[];
  readonly import: readonly ('host' | 'hub' | 'user')[];
  readonly check: readonly 'json'[];
  readonly repair: readonly ('dryRun' | 'json')[];
} = {
  hub: hubNames,
  start: [...hubNames, 'interval', ...agentNames],
  demo: ['hosts', 'seed', 'past', 'interval', ...hubNames],
  agent: ['hub', 'token', 'interval', 'state', ...agentNames, 'logLevel', 'once', 'json'],
  enroll: ['hub', 'code', 'state'],
  detect: ['explain', 'multivariate'],
  forecast: ['horizon', 'season', 'level'],
  rulesFile: [],
  rulesCheck: ['strict'],
  rulesHub: ['hub', 'user'],
  export: ['format', 'from', 'to', 'host', 'metric', 'out', 'hub', 'apiToken', 'user'],
  import: ['host', 'hub', 'user'],
  check: ['json'],
  repair: ['dryRun', 'json'],
};

export class UsageError extends Error {}

export function environmentName(setting: Setting): string {
  return `OPENMANAGER_${setting.flag.toUpperCase().replaceAll('-', '_')}`;
}

/** Reads the named settings from flags, then from the environment; anything else is a UsageError. */
export function readSettings<N extends SettingName>(
  names: readonly N[],
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Values<N> {
  return settled(names, parseFlags(names, args, false).values, environment);
}

/** One file, `-` among them, before, between or after the flags. */
export function readFileAndSettings<N extends SettingName>(
  names: readonly N[],
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): { readonly file: string; readonly values: Values<N> } {
  const { values, positionals } = parseFlags(names, args, true);
  const [file, another] = positionals;
  if (file === undefined) throw new UsageError(text('rules.no-file'));
  if (another !== undefined) throw new UsageError(text('error.one-file', { file, another }));
  return { file, values: settled(names, values, environment) };
}

function settled<N extends SettingName>(
  names: readonly N[],
  flags: Record<string, RawFlag>,
  environment: NodeJS.ProcessEnv,
): Values<N> {
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of names) {
    const setting: Setting = settings[name];
    const fromFlag = flags[setting.flag];
    const fromEnvironment = environment[environmentName(setting)];
    values[name] = convert(
      setting,
      fromFlag ?? (fromEnvironment === '' ? undefined : fromEnvironment),
    );
  }
  return values as Values<N>;
}

type RawFlag = string | boolean | string[] | undefined;

function parseFlags(
  names: readonly SettingName[],
  args: readonly string[],
  allowPositionals: boolean,
): { readonly values: Record<string, RawFlag>; readonly positionals: readonly string[] } {
  const options = Object.fromEntries(
    names.map((name) => {
      const setting: Setting = settings[name];
      return [
        setting.flag,
        {
          type: setting.kind === 'switch' ? ('boolean' as const) : ('string' as const),
          multiple: setting.kind === 'list',
        },
      ];
    }),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options,
      strict: true,
      allowPositionals,
    });
    return { values: values as Record<string, RawFlag>, positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function convert(setting: Setting, raw: RawFlag): unknown {
  switch (setting.kind) {
    case 'switch':
      return raw === true || raw === '1' || raw === 'true';
    case 'list':
      if (raw === undefined) return [];
      return (Array.isArray(raw) ? raw : String(raw).split(','))
        .map((entry) => entry.trim())
        .filter((entry) => entry !== '');
    case 'number': {
      if (raw === undefined) return undefined;
      const value = Number(raw);
      if (!Number.isSafeInteger(value) || value < 0)
        throw new UsageError(text('error.number', { flag: setting.flag, value: String(raw) }));
      return value;
    }
    default:
      return raw;
  }
}

/** `5s`, `90m`, `14d` … in ms. */
export function durationMs(setting: Setting, value: string): number {
  const ms = parseDuration(value);
  if (ms === undefined) throw new UsageError(text('error.duration', { flag: setting.flag, value }));
  return ms;
}

/** `1m=30d` as the width of a bucket and how long buckets are kept. */
export function tierOf(entry: string): TierOptions {
  const [bucket = '', kept = '', ...more] = entry.split('=');
  const [bucketMs, retentionMs] = [bucket, kept].map(parseDuration);
  if (bucketMs === undefined || retentionMs === undefined || more.length > 0)
    throw new UsageError(text('error.tier', { value: entry }));
  return { bucketMs, retentionMs };
}

const SIZES = { MB: 1e6, GB: 1e9, TB: 1e12 } as const;

/** `500MB`, `20GB` … in bytes. */
export function sizeBytes(setting: Setting, value: string): number {
  const match = /^(\d+(?:\.\d+)?)(MB|GB|TB)$/i.exec(value);
  if (!match) throw new UsageError(text('error.size', { flag: setting.flag, value }));
  return Math.round(Number(match[1]) * SIZES[match[2]?.toUpperCase() as keyof typeof SIZES]);
}

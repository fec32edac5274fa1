/**
 * Real programs of others that tests and benchmarks run beside ours, one row each. `npm test` and `npm run bench`
 * install what is missing where they may; a test that cannot run is reported by name, never skipped in silence.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

interface Peer {
  /** Names of the program, the first that is there counts; a path is taken as it is. */
  readonly programs: readonly string[];
  /** Packages of Debian that bring it. */
  readonly debian: readonly string[];
  /** Environment variable that names the program. */
  readonly variable?: string;
  /** Who else needs it, if not the tests: `npm test` does not install it. */
  readonly for?: 'benchmarks' | 'test:bare';
}

const table = {
  chromium: {
    programs: [
      'chromium',
      'chromium-browser',
      'google-chrome',
      'google-chrome-stable',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    ],
    // Any font that has Korean does; this one is a fifth of Noto's.
    debian: ['chromium', 'fonts-nanum'],
    variable: 'CHROMIUM_PATH',
  },
  prometheus: { programs: ['prometheus'], debian: ['prometheus'] },
  promtool: { programs: ['promtool'], debian: ['prometheus'] },
  alertmanager: { programs: ['prometheus-alertmanager'], debian: ['prometheus-alertmanager'] },
  amtool: { programs: ['amtool'], debian: ['prometheus-alertmanager'] },
  'victoria-metrics': { programs: ['victoria-metrics'], debian: ['victoria-metrics'] },
  'mkfs.ext4': { programs: ['mkfs.ext4'], debian: ['e2fsprogs'] },
  'mkfs.xfs': { programs: ['mkfs.xfs'], debian: ['xfsprogs'] },
  'dbus-daemon': { programs: ['dbus-daemon'], debian: ['dbus-daemon'] },
  systemd: {
    programs: ['/usr/lib/systemd/systemd', '/lib/systemd/systemd'],
    debian: ['systemd'],
  },
  smartctl: { programs: ['smartctl'], debian: ['smartmontools'] },
  cc: { programs: ['cc'], debian: ['gcc', 'libc6-dev'] },
  'node-exporter': {
    programs: ['prometheus-node-exporter'],
    debian: ['prometheus-node-exporter'],
  },
  chronyd: { programs: ['chronyd'], debian: ['chrony'] },
  ss: { programs: ['ss'], debian: ['iproute2'], for: 'benchmarks' },
  debootstrap: { programs: ['debootstrap'], debian: ['debootstrap'], for: 'test:bare' },
  unshare: { programs: ['unshare'], debian: ['util-linux'], for: 'test:bare' },
} as const satisfies Record<string, Peer>;

/** The program that makes clients of the API's document. */
export const openapiTypescript: string = join(
  import.meta.dirname,
  '../../tools/node_modules/openapi-typescript/bin/cli.js',
);

/** What the machine must be or have, which no package of Debian brings. */
const conditions = {
  linux: () => process.platform === 'linux',
  root: () => process.getuid?.() === 0,
  'loop devices': () => existsSync('/dev/loop-control'),
  fuse: () => existsSync('/dev/fuse'),
  /** By `npm test` and `npm run check`, in an install of its own. */
  'openapi-typescript': () => existsSync(openapiTypescript),
} as const satisfies Record<string, () => boolean>;

export type PeerName = keyof typeof table;
export type Condition = keyof typeof conditions;

export const peers: Readonly<Record<PeerName, Peer>> = table;

/** Debian keeps mkfs and its like where only root's PATH looks. */
const folders = (): string[] => [
  ...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
];

/** Path of the program; undefined where it is absent. Throws when its environment variable names no file. */
export function findPeer(name: PeerName): string | undefined {
  const { programs, variable } = peers[name];
  const named = variable === undefined ? undefined : process.env[variable];
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`${variable} is ${named}, and there is no such file.`);
    return named;
  }
  for (const program of programs) {
    const places = /[\\/]/.test(program) ? [program] : folders().map((one) => join(one, program));
    const found = places.find((place) => existsSync(place));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Path of a program that a test has said it needs. */
export function peerPath(name: PeerName): string {
  const found = findPeer(name);
  if (found === undefined)
    throw new Error(`${name} is missing: apt-get install ${peers[name].debian.join(' ')}`);
  return found;
}

export function isMet(need: PeerName | Condition): boolean {
  return need in conditions
    ? conditions[need as Condition]()
    : findPeer(need as PeerName) !== undefined;
}

/** Flags of a Chromium that tests and benchmarks steer. */
export const launchFlags: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Tests that run inside a browser. */
export const browserTests: string[] = [
  'packages/**/*.browser.test.{ts,tsx}',
  'apps/**/*.browser.test.{ts,tsx}',
];

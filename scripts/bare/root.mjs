/**
 * A bare Debian 12: debootstrap's minbase with git, and this machine's Node and npm; nothing else. What has to do with
 * this machine's network comes along: where apt and npm fetch from, proxies, certificates, names.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { root as repository } from '../build.mjs';

const SUITE = 'bookworm';
const PACKAGES = ['git'];
const CACHE = join(repository, '.cache');
const TARBALL = join(CACHE, `bare-${SUITE}-${PACKAGES.join('-')}.tar`);
export const USER = 'visitor';

function must(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (error) throw error;
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** Where this machine's apt has Debian from, as lines of sources.list. */
function sources() {
  const format = '$(ORIGIN) $(CODENAME) $(REPO_URI) $(RELEASE) $(COMPONENT)';
  const listed = spawnSync(
    'apt-get',
    ['indextargets', '--format', format, 'Created-By: Packages'],
    {
      encoding: 'utf8',
    },
  );
  const lines = (listed.stdout ?? '').split('\n').flatMap((line) => {
    const [origin, codename, uri, release, component] = line.split(' ');
    return origin === 'Debian' && codename?.startsWith(SUITE) && component === 'main'
      ? [`deb ${uri} ${release} main`]
      : [];
  });
  return lines.length > 0
    ? [...new Set(lines)]
    : [`deb http://deb.debian.org/debian ${SUITE} main`];
}

function makeTarball(say) {
  if (existsSync(TARBALL)) return;
  say('  · making a bare Debian root (once)');
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join('/var/tmp', 'openmanager-debootstrap-'));
  try {
    const mirror = sources()
      .find((line) => line.endsWith(` ${SUITE} main`))
      ?.split(' ')[1];
    const include = `--include=${PACKAGES.join(',')}`;
    must('debootstrap', ['--variant=minbase', include, SUITE, folder, ...(mirror ? [mirror] : [])]);
    must('tar', [
      '-C',
      folder,
      '--exclude=./var/cache/apt/archives/*.deb',
      '-cf',
      `${TARBALL}.part`,
      '.',
    ]);
    renameSync(`${TARBALL}.part`, TARBALL);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first on PATH that no node_modules brings. */
function system(program) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = folders
    .filter((folder) => !folder.includes('node_modules'))
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error(`This machine has no ${program} of its own to give.`);
  return realpathSync(found);
}

function addNode(root) {
  const local = join(root, 'usr/local');
  cpSync(system('node'), join(local, 'bin/node'));
  const npm = resolve(dirname(system('npm')), '..');
  mkdirSync(join(local, 'lib/node_modules'), { recursive: true });
  cpSync(npm, join(local, 'lib/node_modules/npm'), { recursive: true });
  for (const name of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name));
}

/** Settings of this machine's apt and npm that say where to fetch from. */
function addNetwork(root) {
  writeFileSync(join(root, 'etc/apt/sources.list'), `${sources().join('\n')}\n`);
  const settings = must('apt-config', ['dump'])
    .split('\n')
    .filter((line) => /^Acquire::(https?::|Check-|.*Proxy)/i.test(line));
  writeFileSync(join(root, 'etc/apt/apt.conf.d/90machine'), `${settings.join('\n')}\n`);
  for (const path of [
    'etc/resolv.conf',
    'etc/hosts',
    'etc/ssl/certs',
    'usr/local/share/ca-certificates',
  ])
    if (existsSync(join('/', path)))
      cpSync(join('/', path), join(root, path), {
        recursive: true,
        dereference: true,
        force: true,
      });
  const own = join(homedir(), '.npmrc');
  const lines = existsSync(own) ? readFileSync(own, 'utf8').split('\n') : [];
  const elsewhere = /^\s*(cache|prefix|nodedir|userconfig|globalconfig)\s*=/;
  return lines.filter((line) => !elsewhere.test(line)).join('\n');
}

const NETWORK =
  /^(npm_config_(registry|.*proxy|cafile|ca|strict_ssl)|(https?|no|all)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|GIT_SSL_CAINFO)$/i;

/** What a person's environment has there: nothing of this machine but its way to the network. */
export function environment(home) {
  const network = Object.entries(process.env).filter(([name]) => NETWORK.test(name));
  return {
    ...Object.fromEntries(network),
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: home,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
  };
}

/**
 * Makes the root with a clone of HEAD for root or for an ordinary user; answers where the clone is inside.
 * `remove` takes it away: nothing of it is mounted here, see `command`.
 */
export function makeRoot({ user, say }) {
  makeTarball(say);
  const root = mkdtempSync(join('/var/tmp', 'openmanager-bare-'));
  const remove = () => rmSync(root, { recursive: true, force: true });
  try {
    must('tar', ['-C', root, '-xf', TARBALL]);
    must('chmod', ['755', root]);
    addNode(root);
    const npmrc = addNetwork(root);
    if (user) must('chroot', [root, 'useradd', '--create-home', '--shell', '/bin/sh', USER]);
    const home = user ? `/home/${USER}` : '/root';
    writeFileSync(join(root, home, '.npmrc'), npmrc);
    const clone = `${home}/openmanager`;
    must('git', ['clone', '--quiet', '--depth', '1', `file://${repository}`, join(root, clone)]);
    if (user) must('chroot', [root, 'chown', '-R', `${USER}:${USER}`, home]);
    return { root, home, clone, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * Command and arguments that run `script` in the root. Mounts and processes are in namespaces of their own: they end
 * with it, whatever happens.
 */
export function command({ root, clone }, { user, script }) {
  const mounts = [
    'set -e',
    'for one in dev sys; do mount --rbind /$one "$0/$one"; done',
    'mount -t proc proc "$0/proc"',
    'mount -t tmpfs -o mode=1777 tmpfs "$0/run"',
    `exec chroot ${user ? `--userspec=${USER}:${USER} ` : ''}"$0" /bin/sh -c "$1"`,
  ].join('\n');
  // The shell stays as the first process, for which signals do nothing by themselves; npm must not be it.
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
  return [
    'unshare',
    [...namespaces, 'sh', '-c', mounts, root, `cd ${clone} && ${script}; exit $?`],
  ];
}

/**
 * `npm run test:bare [-- --user]`: both commands of the README on a bare Debian 12 with an empty npm cache, as somebody
 * new would run them, and how long they take. Needs root. `--user` runs them there as an ordinary user, who may not
 * install anything. Ends with 3 where no bare root can be made.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { command, environment, makeRoot } from './bare/root.mjs';
import { installPeers } from './peers/install.ts';

const user = process.argv.includes('--user');
const HEALTHY_GOAL_S = 45;
const HEALTHY_LIMIT_S = 600;
const CANNOT = 3;
/** What a shell makes of SIGINT. */
const INTERRUPTED = 130;

const seconds = (start) => (performance.now() - start) / 1000;
const shown = (value) => `${value.toFixed(1)} s`;
const say = (line) => console.log(line);

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What is running in the root. */
let running;

/** Starts a script in the root; `exit` is its code. */
function inside(place, script, env = {}, stdio = 'inherit') {
  const [program, args] = command(place, { user, script });
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', stdio, stdio],
    env: { ...environment(place.home), ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => (output += String(chunk)));
  running = child;
  const exit = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal));
  }).finally(() => (running = undefined));
  return { child, exit, output: () => output };
}

const emptyCache = 'rm -rf ~/.npm node_modules && ';

/** `npm ci && npm start` until it is healthy, then Ctrl-C. */
async function start(place) {
  const listen = `127.0.0.1:${await freePort()}`;
  const began = performance.now();
  const script = `${emptyCache} npm ci && echo INSTALLED && npm start`;
  const hub = inside(place, script, { OPENMANAGER_LISTEN: listen }, 'pipe');
  let ended;
  void hub.exit.then((code) => (ended = code));
  let installed;
  for (;;) {
    if (installed === undefined && hub.output().includes('INSTALLED')) installed = seconds(began);
    const healthy = await fetch(`http://${listen}/api/v1/health`).then(
      async (answer) => answer.ok && (await answer.json()).status === 'ok',
      () => false,
    );
    if (healthy) break;
    if (ended !== undefined || seconds(began) > HEALTHY_LIMIT_S)
      throw new Error(`npm start did not become healthy (${ended}):\n${hub.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const healthyAfter = seconds(began);
  say(`  ✓ npm ci ${shown(installed ?? Number.NaN)}`);
  const late = healthyAfter > HEALTHY_GOAL_S ? `: over the goal of ${HEALTHY_GOAL_S} s` : '';
  say(
    `  ${late === '' ? '✓' : '!'} npm ci && npm start healthy after ${shown(healthyAfter)}${late}`,
  );
  const interrupted = performance.now();
  // As a terminal does it: everyone in the foreground hears it.
  process.kill(-hub.child.pid, 'SIGINT');
  const code = await hub.exit;
  // npm passes on that its script was interrupted.
  const wellEnded = hub.output().includes('everything acknowledged is on disk');
  if (![0, INTERRUPTED].includes(code) || !wellEnded)
    throw new Error(`After Ctrl-C npm start ended with ${code}:\n${hub.output()}`);
  say(`  ✓ Ctrl-C ended it after ${shown(seconds(interrupted))}`);
}

async function test(place) {
  const began = performance.now();
  const code = await inside(place, `${emptyCache} npm ci && npm test`).exit;
  const took = shown(seconds(began));
  if (code !== 0) throw new Error(`npm ci && npm test ended with ${code} after ${took}`);
  say(`  ✓ npm ci && npm test passed after ${took}`);
}

for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    // Its namespace ends with it, and everything in there.
    if (running) process.kill(-running.pid, 'SIGKILL');
    else process.exit(1);
  });

let place;
try {
  if (process.getuid?.() !== 0) throw new Error('A bare root needs root.');
  const absent = await installPeers(['debootstrap', 'unshare']);
  if (absent.length > 0) throw new Error(`A bare root needs ${absent.join(' and ')}.`);
  place = makeRoot({ user, say });
} catch (error) {
  console.error(error.message);
  process.exit(CANNOT);
}
try {
  say(`  · in a bare Debian 12, as ${user ? 'an ordinary user' : 'root'}`);
  await start(place);
  await test(place);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  place.remove();
}

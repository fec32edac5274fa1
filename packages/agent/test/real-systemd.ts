/**
 * A systemd of Debian that manages units of the test's own, as a user's instance in a mount namespace where /run says
 * that systemd is the init of the system. Its bus is a real one, on a socket that we see. Needs root.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peerPath } from '../../../scripts/peers/table.ts';
import { keptInside, ownMounts } from './own-mounts.ts';
import { untilListening } from './real-bus.ts';

const SCRIPT = `
${keptInside}
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system
export XDG_RUNTIME_DIR="$FOLDER" DBUS_SESSION_BUS_ADDRESS="unix:path=$FOLDER/run/dbus/system_bus_socket"
SYSTEMD_UNIT_PATH="$FOLDER/units:" exec "$SYSTEMD" --user --unit=test.target
`;

/** systemd takes its name on a bus that it runs itself. */
const busUnits = (folder: string): Record<string, string> => ({
  'dbus.socket': `[Socket]\nListenStream=${folder}/run/dbus/system_bus_socket\n`,
  'dbus.service': `[Unit]
Requires=dbus.socket
[Service]
Type=notify
ExecStart=${peerPath('dbus-daemon')} --session --address=systemd: --nofork --nopidfile --systemd-activation
`,
});

export interface RealSystemd {
  /** Has run/systemd/system and run/dbus/system_bus_socket. */
  readonly root: string;
  stop(): Promise<void>;
}

/** Units by file name, such as `web.service`; \`test.target\` of them is started. */
export async function realSystemd(
  folder: string,
  units: Readonly<Record<string, string>>,
): Promise<RealSystemd> {
  for (const path of ['units', 'run/dbus', 'run/systemd/system'])
    mkdirSync(join(folder, path), { recursive: true });
  for (const [name, text] of Object.entries({ ...busUnits(folder), ...units }))
    writeFileSync(join(folder, 'units', name), text);
  const child = spawn(peerPath('unshare'), [...ownMounts, '/bin/sh', '-c', SCRIPT], {
    stdio: process.env['OPENMANAGER_SHOW'] ? 'inherit' : 'ignore',
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      FOLDER: folder,
      SYSTEMD: peerPath('systemd'),
    },
  });
  await untilListening(join(folder, 'run/dbus/system_bus_socket'));
  return { root: folder, stop: () => gone(child) };
}

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await exited;
  clearTimeout(force);
}

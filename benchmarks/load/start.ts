import { spawn, type ChildProcess } from 'node:child_process';
import { hubEnvironment, hubFlags } from '@openmanager/hub/runtime';
import { builtProcess } from './build.ts';
import { pinned, type Role } from './cores.ts';

/** Starts a process of this folder, built, on its role's cores; it ends with this one. */
export function start(role: Role, file: string, options: object): ChildProcess {
  const isHub = file.endsWith('hub.ts');
  const [command, args] = pinned(role, process.execPath, [
    '--expose-gc',
    // As the command does.
    ...(isHub ? hubFlags : []),
    builtProcess(file),
    JSON.stringify(options),
  ]);
  return spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: isHub ? { ...hubEnvironment, ...process.env } : process.env,
  });
}

import { hubEnvironment, hubFlags } from '@openmanager/hub/runtime';
import { fileURLToPath } from 'node:url';

/**
 * Replaces this process by one of the same id that runs `openmanager` with `args`, and with what V8 and the allocator
 * must be told before they begin. Nothing happens where they were told (this process was replaced, or somebody chose
 * other sizes), from source, and on Windows, which cannot replace a process.
 */
export function becomeHubProcess(args: readonly string[]): void {
  const told = [...process.execArgv, process.env['NODE_OPTIONS']].join(' ');
  if (told.includes('semi-space-size') || import.meta.url.endsWith('.ts')) return;
  if (process.platform === 'win32' || process.execve === undefined) return;
  const command = fileURLToPath(new URL('../bin/openmanager.js', import.meta.url));
  process.execve(
    process.execPath,
    [process.execPath, ...process.execArgv, ...hubFlags, command, ...args],
    { ...hubEnvironment, ...process.env },
  );
}

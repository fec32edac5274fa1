import { homedir, platform } from 'node:os';
import { join } from 'node:path';

export interface StateFolderHost {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly isRoot: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const NAME = 'openmanager-agent';

function thisHost(): StateFolderHost {
  return {
    platform: platform(),
    home: homedir(),
    isRoot: process.getuid?.() === 0,
    env: process.env,
  };
}

/** Default folder of an agent's key and spool. */
export function defaultStateFolder(host: StateFolderHost = thisHost()): string {
  switch (host.platform) {
    case 'win32':
      return join(host.env['ProgramData'] ?? join(host.home, 'AppData', 'Local'), NAME);
    case 'darwin':
      return host.isRoot
        ? join('/Library/Application Support', NAME)
        : join(host.home, 'Library', 'Application Support', NAME);
    default:
      if (host.isRoot) return join('/var/lib', NAME);
      return join(host.env['XDG_STATE_HOME'] || join(host.home, '.local', 'state'), NAME);
  }
}

import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { AgentError } from '../agent-error.ts';

/** Content of a small file, undefined when there is none. */
export function readStateFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(path, error);
  }
}

/** Replaces a small file as a whole; readable by its owner only. */
export function writeStateFile(path: string, content: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const fresh = `${path}.new`;
    const fd = openSync(fresh, 'w', 0o600);
    try {
      // An existing file keeps its mode when it is opened again.
      chmodSync(fresh, 0o600);
      writeSync(fd, content);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(fresh, path);
  } catch (error) {
    throw unusable(path, error);
  }
}

export function unusable(path: string, error: unknown): AgentError {
  const reason = error instanceof Error ? error.message : String(error);
  return new AgentError(
    'state-unusable',
    `The agent cannot use ${path}: ${reason}`,
    adviceFor(error),
    error,
  );
}

const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'Free space on its disk.',
  EDQUOT: 'Free space, or raise the quota of its owner.',
  EROFS: 'Mount its disk to be written to, or choose another folder with --state.',
  ENOTDIR: 'Something that is no folder has its name: remove that, or choose another with --state.',
  EEXIST: 'Something that is no folder has its name: remove that, or choose another with --state.',
  EIO: 'Check the disk: it does not take what is written.',
  EMFILE: 'Allow this process more open files.',
  ENFILE: 'Allow this machine more open files.',
};

function adviceFor(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return advice[code] ?? 'Check its owner and permissions, or choose another folder with --state.';
}

/** One agent per state folder: two would send and remove each other's spooled batches. */
import { readFileSync, unlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AgentError } from '../agent-error.ts';
import { readStateFile, writeStateFile } from './state-file.ts';

const heldHere = new Set<string>();

/** Start of a process in clock ticks, so that a reused pid is recognised. '' off Linux. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startOf(pid) === start;
}

/** Nobody holds a lock that cannot be read. */
function readable(path: string): string | undefined {
  try {
    return readStateFile(path);
  } catch {
    return undefined;
  }
}

/** Locks the folder for this process; returns the function that releases it. Throws `in-use`. */
export function lockStateFolder(stateFolder: string): () => void {
  const path = resolve(join(stateFolder, 'agent.lock'));
  const [pidText = '', start = ''] = (readable(path) ?? '').trim().split(' ');
  const pid = Number(pidText);
  const other = pid > 0 && pid !== process.pid && isAlive(pid, start);
  if (other || heldHere.has(path))
    throw new AgentError(
      'in-use',
      `Another agent (process ${pid}) already uses ${stateFolder}.`,
      'Stop it first, or give this one another folder with --state.',
    );
  try {
    writeStateFile(path, `${process.pid} ${startOf(process.pid)}\n`);
  } catch {
    // A disk that takes no lock takes no batches either: there is nothing to share.
  }
  heldHere.add(path);
  return () => {
    heldHere.delete(path);
    try {
      unlinkSync(path);
    } catch {
      // Already gone; a lock of a dead process is ignored anyway.
    }
  };
}

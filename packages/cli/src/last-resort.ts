/**
 * What becomes of an error that nothing has handled. Each is a bug; none may end monitoring with a stack trace, or five
 * of them in a row end the service for good.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { text } from './text.ts';

/** More than these within a minute, and the process is better begun anew. */
const ERRORS_PER_MINUTE = 20;
/** Time for a start that a stop finds under way. */
const START_MS = 1_500;
/** Time for a stop that was asked for by an error. */
const STOP_MS = 5_000;

function report(error: unknown, going: string): void {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(`  ! ${going}: ${what}`);
}

/** Both kinds of error that end a process; answers how to let go of them. */
function onError(handle: (error: unknown) => void): () => void {
  process.on('uncaughtException', handle);
  process.on('unhandledRejection', handle);
  return () => {
    process.off('uncaughtException', handle);
    process.off('unhandledRejection', handle);
  };
}

/**
 * An agent goes on: what it reads and sends next does not depend on what failed. When errors do not cease it calls `end`.
 */
export function goOnAfterErrors(
  end: (error: unknown) => void,
  now: () => number = Date.now,
): () => void {
  let recent: number[] = [];
  return onError((error) => {
    const nowMs = now();
    recent = [...recent.filter((atMs) => nowMs - atMs < MINUTE_MS), nowMs];
    if (recent.length > ERRORS_PER_MINUTE) return end(error);
    report(error, text('error.go-on'));
  });
}

/** A hub stops in an orderly way and ends with 1: a supervisor starts it anew, and agents send what is missing. */
export function endAfterError(stop: () => Promise<void>): () => void {
  let ending = false;
  return onError((error) => {
    report(error, text('error.ending'));
    if (ending) return;
    ending = true;
    setTimeout(endHard, STOP_MS);
    void endOrderly(stop);
  });
}

async function endOrderly(stop: () => Promise<void>): Promise<void> {
  try {
    await stop();
  } catch {
    endHard();
  }
  process.exit(1);
}

/** What an agent reads first, too, may never answer: what has begun, or undefined this long after a stop was asked for. */
export async function begunBefore<T>(
  stopped: Promise<void>,
  starting: Promise<T> | undefined,
): Promise<T | undefined> {
  const late = stopped.then(() => wait(START_MS, undefined, { ref: false }));
  return await Promise.race([starting, late]);
}

/**
 * Ends the process although threads of it hang in a file system that does not answer: `process.exit` would wait for
 * them, a signal does not. SIGTERM is what supervisors know as a clean end.
 */
export function endHard(): never {
  if (process.platform !== 'win32') {
    process.removeAllListeners('SIGTERM');
    process.kill(process.pid, 'SIGTERM');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    process.kill(process.pid, 'SIGKILL');
  }
  // The first process of a container is spared by its own signals.
  process.abort();
}

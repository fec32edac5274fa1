/** The thread in which a machine's sources are opened and read; threaded.ts is its other side. */
import { setTimeout as wait } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { AgentError } from '../agent-error.ts';
import { begunNames, LinuxCollector } from './linux.ts';
import type { Ask, FromThread, ThreadData } from './thread-messages.ts';

const port = parentPort;
if (!port) throw new Error('collector-thread.ts runs as a thread only');
const { marker, ...options } = workerData as ThreadData;
const tell = (message: FromThread, transfer: readonly ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

/** Rates of the first sample need a step behind them: a thread that takes over mid-way has just had its first reading. */
const FIRST_STEP_MS = 250;

let collector: LinuxCollector | undefined;
let openedMs = 0;
let keys: readonly string[] | undefined;

const began = (source: string): void => void Atomics.store(marker, 0, begunNames.indexOf(source));

function opened(): LinuxCollector {
  if (!collector) {
    collector = new LinuxCollector({
      ...options,
      log: (level, message, fields) => tell({ log: [level, message, fields] }),
      began,
    });
    openedMs = performance.now();
  }
  return collector;
}

async function answer(ask: Ask): Promise<void> {
  const { id } = ask;
  try {
    const one = opened();
    if (ask.call === 'sample') {
      const earlyMs = openedMs + FIRST_STEP_MS - performance.now();
      if (earlyMs > 0) await wait(earlyMs);
      const sample = one.sample(ask.timeMs, ask.options);
      const values = sample.values.slice();
      const named = sample.keys === keys ? undefined : sample.keys;
      keys = sample.keys;
      tell({ id, sample: { keys: named, values }, stuck: one.stuck() }, [values.buffer]);
      return;
    }
    const answered: unknown = {
      open: () => undefined,
      facts: () => one.facts(),
      processes: () => one.processes(),
      costs: () => one.costs(),
      settled: () => one.settled(),
    }[ask.call]();
    tell({ id, answered: await answered, stuck: one.stuck() });
  } catch (error) {
    const told = error instanceof AgentError ? { code: error.code, action: error.action } : {};
    const message = error instanceof Error ? error.message : String(error);
    tell({ id, error: { message, ...told } });
  } finally {
    // What comes now, such as the answer of a program, belongs to no source that could be left out.
    began('');
  }
}

port.on('message', (ask: Ask | 'close') => {
  if (ask === 'close') {
    collector?.close();
    process.exit();
  }
  void answer(ask);
});

// An error of a source's own timers and sockets: the others go on.
process.on('uncaughtException', (error) =>
  tell({
    log: [
      'error',
      'a source failed in the background; the others go on',
      { reason: error.message },
    ],
  }),
);
tell({ names: begunNames });

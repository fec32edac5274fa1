/** Files that do not answer, as FIFOs that nobody writes to. */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { needs } from '../../../../scripts/peers/needs.ts';
import type { LogLevel } from '../log.ts';
import { ThreadedCollector } from './threaded.ts';

const TICK_MS = 100;

function tree(): {
  root: string;
  put(path: string, text: string): void;
  fifo(path: string): string;
} {
  const root = mkdtempSync(join(tmpdir(), 'threaded-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const at = (path: string): string => {
    const place = join(root, path);
    mkdirSync(dirname(place), { recursive: true });
    return place;
  };
  return {
    root,
    put: (path, text) => writeFileSync(at(path), text),
    fifo: (path) => {
      const place = at(path);
      expect(spawnSync('mkfifo', [place]).status).toBe(0);
      return place;
    },
  };
}

/** Gives the reader of the FIFO its answer; from then on a file stands in its place. */
function answerAt(fifo: string, text: string): void {
  const handle = openSync(fifo, 'w');
  writeFileSync(`${fifo}.new`, text);
  renameSync(`${fifo}.new`, fifo);
  try {
    writeSync(handle, text);
  } catch {
    // A reader that wants to begin at a place of its own has refused what is no file.
  }
  closeSync(handle);
}

async function openAt(root: string): Promise<{ collector: ThreadedCollector; logs: string[] }> {
  const logs: string[] = [];
  const log = (level: LogLevel, message: string, fields: object = {}): void =>
    void logs.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const collector = await ThreadedCollector.open({ root, log, tickMs: TICK_MS });
  return { collector, logs };
}

for (const [source, path] of [
  ['hwmon', 'sys/class/hwmon/hwmon0/fan1_input'],
  ['memory', 'proc/meminfo'],
] as const)
  test(
    `a file of ${source} that does not answer: the others are read, it is named, and it comes back`,
    { ...needs('linux'), tags: ['faults'] },
    async () => {
      const { root, put, fifo } = tree();
      put('proc/loadavg', '0.50 0.40 0.30 1/100 1234\n');
      put('sys/class/hwmon/hwmon0/name', 'fans\n');
      const place = fifo(path);
      const { collector, logs } = await openAt(root);
      const { keys, values } = await collector.sample(0, { perCore: false });
      expect(values[keys.findIndex((key) => key.startsWith('system.linux.cpu.load_1m'))]).toBe(0.5);
      const left = keys.findIndex(
        (key) => key.includes(`collect.failures`) && key.includes(source),
      );
      expect(values[left]).toBe(1);
      expect(collector.stuck()).toBe(1);
      expect(logs.join('\n')).toContain(`"source":"${source}"`);
      await collector.close();
      expect(collector.stuck()).toBe(1);
      // Or this process could not end either.
      answerAt(place, '1\n');
      await expect.poll(() => collector.stuck()).toBe(0);
    },
  );

test('a source that answers late is read again, by one thread', needs('linux'), async () => {
  const { root, put, fifo } = tree();
  put('proc/loadavg', '0.50 0.40 0.30 1/100 1234\n');
  const place = fifo('proc/meminfo');
  const { collector, logs } = await openAt(root);
  await collector.sample(0, { perCore: false });
  expect(collector.stuck()).toBe(1);
  const before = logs.length;
  answerAt(place, 'MemTotal: 1000 kB\nMemFree: 500 kB\nMemAvailable: 600 kB\n');
  await expect.poll(() => logs.slice(before).join('\n')).toContain('a source answers again');
  const { keys } = await collector.sample(0, { perCore: false });
  expect(keys.some((key) => key.startsWith('system.memory.'))).toBe(true);
  expect(keys.some((key) => key.includes('collect.failures'))).toBe(false);
  await collector.close();
  expect(collector.stuck()).toBe(0);
});

test(
  'the thread that takes over tells rates of a step that is long enough',
  needs('linux'),
  async () => {
    const { root, put, fifo } = tree();
    const PER_SECOND = 1_000_000;
    const write = (): void => {
      const ctxt = Math.round((performance.now() * PER_SECOND) / 1_000);
      put('proc/stat', `cpu  1 0 1 1 0 0 0 0 0 0\ncpu0 1 0 1 1 0 0 0 0 0 0\nctxt ${ctxt}\n`);
    };
    write();
    const writing = setInterval(write, 20);
    onTestFinished(() => clearInterval(writing));
    const place = fifo('proc/meminfo');
    const { collector } = await openAt(root);
    const { keys, values } = await collector.sample(0, { perCore: false });
    const rate = values[keys.indexOf('system.linux.cpu.context_switches')];
    expect(rate).toBeGreaterThan(0.5 * PER_SECOND);
    expect(rate).toBeLessThan(1.5 * PER_SECOND);
    await collector.close();
    answerAt(place, '1\n');
    await expect.poll(() => collector.stuck()).toBe(0);
  },
);

test('a choice that names no source is refused as before', needs('linux'), async () => {
  await expect(ThreadedCollector.open({ exclude: ['nothing'] })).rejects.toMatchObject({
    name: 'AgentError',
    code: 'invalid-option',
  });
});

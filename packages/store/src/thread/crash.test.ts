import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { figure, rounds } from '../../../../scripts/proof/kit.ts';
import { all, newFolder, opened } from '../../test/stores.ts';

const child = fileURLToPath(new URL('../../test/crash-child.ts', import.meta.url));
const KILLS = rounds(10, 200);
/** Attempts of the agent before it is started anew, with a new boot epoch. */
const ATTEMPTS_PER_EPOCH = 5;

/** Runs an agent until it is killed at a random moment; returns the last batch that was acknowledged. */
async function lifeOf(...args: (string | number)[]): Promise<number> {
  const writer = spawn(process.execPath, ['--conditions=source', child, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  let doomed = false;
  const lines = 1 + Math.floor(Math.random() * 60);
  writer.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
    if (doomed || printed.split('\n').length <= lines) return;
    doomed = true;
    setTimeout(() => writer.kill('SIGKILL'), Math.random() * 8);
  });
  const [, signal] = (await once(writer, 'close')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  const whole = printed.slice(0, printed.lastIndexOf('\n')).split('\n').slice(1);
  return Math.max(Number(args[3]), ...whole.map(Number));
}

test(
  `a store killed at ${KILLS} moments: no acknowledged batch is lost, none is stored twice`,
  {
    tags: ['faults'],
  },
  async ({ task }) => {
    const folder = newFolder();
    const acknowledged = new Map<number, number>();
    for (let attempt = 0; attempt < KILLS; attempt++) {
      const bootEpoch = 1 + Math.floor(attempt / ATTEMPTS_PER_EPOCH);
      const last = acknowledged.get(bootEpoch) ?? 0;
      acknowledged.set(bootEpoch, await lifeOf(folder, attempt, bootEpoch, last));
    }
    const store = await opened(folder);
    const { keys, columns } = await store.query({ hostId: 'agent', ...all, maxPoints: 1_000_000 });
    expect(keys).toEqual(['bootEpoch', 'seq']);
    const stored = new Map<number, number[]>();
    for (const [row, bootEpoch] of (columns[0] as Float64Array).entries())
      stored.set(bootEpoch, [...(stored.get(bootEpoch) ?? []), columns[1]?.[row] as number]);
    expect([...stored.keys()]).toEqual([...acknowledged.keys()]);
    for (const [bootEpoch, last] of acknowledged) {
      const seqs = (stored.get(bootEpoch) as number[]).toSorted((a, b) => a - b);
      // Every one once, without a hole, up to the last acknowledged one at least.
      expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      expect(seqs.length).toBeGreaterThanOrEqual(last);
    }
    const newest = Math.max(...stored.keys());
    expect(await store.watermarks()).toEqual(
      new Map([
        ['agent', { bootEpoch: newest, seq: Math.max(...(stored.get(newest) as number[])) }],
      ]),
    );
    const last = [...acknowledged.values()].reduce((sum, seq) => sum + seq, 0);
    figure(task, `${last} acknowledged: lost 0, twice 0`);
  },
);

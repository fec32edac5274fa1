/**
 * What the agent costs the host it watches: CPU as a share of one core, and resident memory, of the built agent as a
 * process of its own that samples this machine every 1 s (as while somebody watches) and every 5 s and sends to a
 * hub that stores nothing. Against Debian's node_exporter, scraped over HTTP at the same pace. The two take turns
 * in rounds, each running alone; figures are medians of the rounds.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { peerPath } from '../scripts/peers/table.ts';
import { cpuSeconds, residentMiB } from './agent/watched-process.ts';
import { havePeers } from './peers.ts';
import { atMost, type BenchOptions, type BenchResult, type Figure, quantile } from './harness.ts';

const EXPORTER_PORT = 19_100;
const CPU_GOAL_PERCENT = 0.15;
const MEMORY_GOAL_MIB = 60;
const PACES_MS = [1_000, 5_000] as const;
const root = fileURLToPath(new URL('..', import.meta.url));

interface Plan {
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}
const full: Plan = { rounds: 3, warmUpMs: 10_000, measureMs: 40_000 };
const quick: Plan = { rounds: 1, warmUpMs: 6_000, measureMs: 15_000 };

interface Cost {
  readonly cpuPercent: number;
  readonly memoryMiB: number;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function measure(pid: number, plan: Plan): Promise<Cost> {
  await pause(plan.warmUpMs);
  const before = cpuSeconds(pid);
  const startMs = performance.now();
  await pause(plan.measureMs);
  const elapsedS = (performance.now() - startMs) / 1000;
  return { cpuPercent: ((cpuSeconds(pid) - before) / elapsedS) * 100, memoryMiB: residentMiB(pid) };
}

interface Sink {
  readonly child: ChildProcess;
  readonly lines: Interface;
  readonly url: string;
}

async function startSink(intervalMs: number): Promise<Sink> {
  const child = spawn(
    process.execPath,
    ['--conditions=source', join(root, 'benchmarks/agent/sink.ts'), String(intervalMs)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
  const [port] = (await once(lines, 'line')) as [string];
  return { child, lines, url: `http://127.0.0.1:${port}` };
}

interface AgentCost extends Cost {
  readonly series: number;
  readonly bytesPerSample: number;
}

async function agentCost(intervalMs: number, plan: Plan): Promise<AgentCost> {
  const sink = await startSink(intervalMs);
  const folder = mkdtempSync(join(tmpdir(), 'bench-agent-'));
  const agent = spawn(
    process.execPath,
    [join(root, 'benchmarks/agent/process.mjs'), sink.url, folder],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  try {
    const cost = await measure(agent.pid as number, plan);
    sink.child.stdin?.write('?\n');
    const [line] = (await once(sink.lines, 'line')) as [string];
    const { batches, bytes, series } = JSON.parse(line) as {
      batches: number;
      bytes: number;
      series: number;
    };
    if (batches === 0) throw new Error('the agent sent nothing');
    return { ...cost, series, bytesPerSample: bytes / (batches * series) };
  } finally {
    await end(agent);
    await end(sink.child);
    rmSync(folder, { recursive: true, force: true });
  }
}

function scrape(): Promise<void> {
  return new Promise((resolve) => {
    get({ port: EXPORTER_PORT, host: '127.0.0.1', path: '/metrics' }, (response) => {
      response.resume().on('end', resolve);
    }).on('error', () => resolve());
  });
}

async function exporterCost(intervalMs: number, plan: Plan): Promise<Cost> {
  const child = spawn(
    peerPath('node-exporter'),
    [`--web.listen-address=127.0.0.1:${EXPORTER_PORT}`],
    {
      stdio: 'ignore',
    },
  );
  const scrapes = setInterval(() => void scrape(), intervalMs);
  try {
    return await measure(child.pid as number, plan);
  } finally {
    clearInterval(scrapes);
    await end(child);
  }
}

const median = (values: readonly number[]): number => quantile(values, 0.5);

export async function run(options: BenchOptions): Promise<BenchResult> {
  const plan = options.quick ? quick : full;
  const built = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-b', 'packages/agent'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (built.status !== 0) throw new Error('the agent does not build');
  const compared = await havePeers('node-exporter');
  const figures: Figure[] = [];
  for (const paceMs of PACES_MS) {
    const ours: AgentCost[] = [];
    const theirs: Cost[] = [];
    for (let round = 0; round < plan.rounds; round++) {
      ours.push(await agentCost(paceMs, plan));
      if (compared) theirs.push(await exporterCost(paceMs, plan));
    }
    const pace = `at ${paceMs / 1000} s`;
    const cpu = median(ours.map(({ cpuPercent }) => cpuPercent));
    const memory = median(ours.map(({ memoryMiB }) => memoryMiB));
    const more = (of: (cost: Cost) => number, value: number): Partial<Figure> =>
      compared ? { against: 'node_exporter', ratio: median(theirs.map(of)) / value } : {};
    figures.push(
      atMost(
        `CPU ${pace}`,
        cpu,
        '% of a core',
        CPU_GOAL_PERCENT,
        more(({ cpuPercent }) => cpuPercent, cpu),
      ),
      atMost(
        `resident memory ${pace}`,
        memory,
        'MiB',
        MEMORY_GOAL_MIB,
        more(({ memoryMiB }) => memoryMiB, memory),
      ),
      { name: `series ${pace}`, value: median(ours.map(({ series }) => series)), unit: 'series' },
      {
        name: `sent ${pace}`,
        value: median(ours.map((cost) => cost.bytesPerSample)),
        unit: 'bytes/sample',
      },
    );
    if (compared)
      figures.push(
        {
          name: `CPU of node_exporter ${pace}`,
          value: median(theirs.map((cost) => cost.cpuPercent)),
          unit: '% of a core',
        },
        {
          name: `resident memory of node_exporter ${pace}`,
          value: median(theirs.map((cost) => cost.memoryMiB)),
          unit: 'MiB',
        },
      );
  }
  return { bench: 'agent', figures };
}

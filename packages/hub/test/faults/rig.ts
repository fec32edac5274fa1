/**
 * A hub and agents as processes that can be killed, with a faulty way between them, and an auditor that compares the
 * agents' ledgers with the store when all has come to rest.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { AlertList } from '@openmanager/protocol';
import { openStore } from '@openmanager/store';
import { fromSource } from '../../../../scripts/proof/kit.ts';
import { HttpClient } from '../kit/http-client.ts';
import { FaultyWay } from './faulty-way.ts';

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const HUB = pathOf('hub-child.ts');
const AGENT = pathOf('agent-child.ts');
const CLOCK = new URL('clock-shim.mjs', import.meta.url).href;
const NUMBER_KEY = 'system.process.count';
/** What the memory of an agent holds that was not written yet: spool delay, and an interval to notice. */
const UNWRITTEN_MS = 3_500;
const FOREVER_MS = 4e12;

export interface RigOptions {
  readonly agents?: number;
  readonly random: () => number;
  /** Flags of Node for the hub. */
  readonly hubFlags?: readonly string[];
  /** No agents run; the test is them. */
  readonly idle?: boolean;
  /** @default a new temporary one */
  readonly dataFolder?: string;
}

export class AgentProcess {
  readonly ledger: string;
  readonly stateFolder: string;
  readonly clockFile: string;
  agentId = '';
  key = '';
  process: ChildProcess | undefined;
  output = '';
  /** When it was killed, with what was its memory. */
  readonly killedMs: number[] = [];

  constructor(folder: string, name: string) {
    this.ledger = join(folder, `${name}.ledger`);
    this.stateFolder = join(folder, name);
    this.clockFile = join(folder, `${name}.clock`);
    writeFileSync(this.ledger, '');
    writeFileSync(this.clockFile, '0');
  }

  taken(): { readonly number: number; readonly atMs: number }[] {
    return [...readFileSync(this.ledger, 'utf8').matchAll(/^taken (\d+) ([\d.]+)$/gm)].map(
      ([, number, atMs]) => ({ number: Number(number), atMs: Number(atMs) }),
    );
  }

  /** Of all its lives: acknowledged batches, and lost ones. */
  sums(): { readonly acknowledged: number; readonly lost: number; readonly isConnected: boolean } {
    let acknowledged = 0;
    let lost = 0;
    let before = [0, 0];
    let isConnected = false;
    const lines = readFileSync(this.ledger, 'utf8').matchAll(
      /^acknowledged (\d+) lost (\d+) connected (\w+)$/gm,
    );
    for (const [, acks = '0', drops = '0', connected] of lines) {
      const [ackedBefore = 0, lostBefore = 0] = before;
      // A smaller number is that of a new life.
      acknowledged += Number(acks) - (Number(acks) < ackedBefore ? 0 : ackedBefore);
      lost += Number(drops) - (Number(drops) < lostBefore ? 0 : lostBefore);
      before = [Number(acks), Number(drops)];
      isConnected = connected === 'true';
    }
    return { acknowledged, lost, isConnected };
  }
}

export interface Audit {
  readonly taken: number;
  readonly stored: number;
  readonly acknowledged: number;
  /** Neither stored, nor counted, nor in the memory of a process that was killed. */
  readonly lost: number;
  readonly twice: number;
  readonly counted: number;
  readonly excused: number;
}

export class Rig {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'openmanager-faults-'));
  readonly agents: readonly AgentProcess[];
  readonly way: FaultyWay;
  readonly hubClockFile: string;
  dataFolder: string;
  hub: ChildProcess | undefined;
  hubOutput = '';
  admin: HttpClient | undefined;
  kills = 0;
  readonly #options: RigOptions;
  #port = 0;

  private constructor(options: RigOptions, way: FaultyWay) {
    this.#options = options;
    this.way = way;
    this.dataFolder = options.dataFolder ?? join(this.folder, 'data');
    this.hubClockFile = join(this.folder, 'hub.clock');
    writeFileSync(this.hubClockFile, '0');
    this.agents = Array.from(
      { length: options.agents ?? 2 },
      (_, at) => new AgentProcess(this.folder, `box${at}`),
    );
  }

  /** Started, and all agents connected. */
  static async open(options: RigOptions): Promise<Rig> {
    const rig = new Rig(options, await FaultyWay.open(options.random));
    await rig.startHub();
    if (options.idle) return rig;
    for (const agent of rig.agents) rig.startAgent(agent);
    await rig.connected();
    return rig;
  }

  async startHub(): Promise<void> {
    const isFirst = this.admin === undefined;
    const args = [this.dataFolder, String(this.#port), isFirst ? String(this.agents.length) : '0'];
    const hub = this.#spawn(HUB, args, this.hubClockFile, this.#options.hubFlags);
    this.hub = hub;
    hub.stderr?.on(
      'data',
      (chunk) => (this.hubOutput = (this.hubOutput + String(chunk)).slice(-9_000)),
    );
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: hub.stdout as NodeJS.ReadableStream }).once('line', resolve);
      hub.once('exit', (code, signal) =>
        reject(new Error(`the hub ended with ${code ?? signal}: ${this.hubOutput}`)),
      );
    });
    const { url, setupLink, agents } = JSON.parse(line) as {
      url: string;
      setupLink: string | null;
      agents: { agentId: string; key: string }[];
    };
    this.#port = Number(new URL(url).port);
    this.way.hubPort = this.#port;
    for (const [at, enrolled] of agents.entries())
      Object.assign(this.agents[at] as AgentProcess, enrolled);
    if (isFirst) {
      this.admin = new HttpClient(url);
      await this.admin.setUp(setupLink ?? '');
    } else this.admin = Object.assign(new HttpClient(url), { cookie: this.admin?.cookie });
  }

  /** The next start takes any port. */
  forgetPort(): void {
    this.#port = 0;
  }

  async endHub(signal: NodeJS.Signals): Promise<void> {
    const { hub } = this;
    this.hub = undefined;
    if (hub === undefined || hub.exitCode !== null || hub.signalCode !== null) return;
    const gone = once(hub, 'exit');
    hub.kill(signal);
    await gone;
  }

  startAgent(agent: AgentProcess): void {
    const next = (agent.taken().at(-1)?.number ?? 0) + 1;
    const child = this.#spawn(
      AGENT,
      [this.way.url, agent.key, agent.stateFolder, agent.ledger, String(next)],
      agent.clockFile,
    );
    child.stderr?.on(
      'data',
      (chunk) => (agent.output = (agent.output + String(chunk)).slice(-9_000)),
    );
    agent.process = child;
  }

  async endAgent(agent: AgentProcess, signal: NodeJS.Signals): Promise<void> {
    const { process: child } = agent;
    agent.process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    if (signal === 'SIGKILL') agent.killedMs.push(performance.timeOrigin + performance.now());
  }

  setHubClock(offsetMs: number): void {
    writeFileSync(this.hubClockFile, String(offsetMs));
  }

  setAgentClock({ clockFile }: AgentProcess, offsetMs: number): void {
    writeFileSync(clockFile, String(offsetMs));
  }

  /** All agents are connected, and have newly acknowledged batches. */
  async connected(withinMs = 60_000): Promise<void> {
    const before = this.agents.map((agent) => agent.sums().acknowledged);
    const untilMs = performance.now() + withinMs;
    for (;;) {
      const isDone = this.agents.every((agent, at) => {
        const { isConnected, acknowledged } = agent.sums();
        return isConnected && acknowledged > (before[at] ?? 0);
      });
      if (isDone) return;
      if (performance.now() > untilMs)
        throw new Error(
          `not connected again:\n${this.agents.map(({ output }) => output).join('\n')}\n${this.hubOutput}`,
        );
      await delay(50);
    }
  }

  /** Rules of all alerts of now and before. */
  async rulesTold(): Promise<string[]> {
    const admin = this.admin as HttpClient;
    const current = (await admin.send('/api/v1/alerts')).body as AlertList;
    const past = (await admin.send('/api/v1/alerts/history')).body as AlertList;
    return [...current.alerts, ...past.alerts].map(({ ruleId }) => ruleId);
  }

  /** Lets everything come to rest, ends it, and compares. */
  async audit(): Promise<Audit> {
    await this.connected();
    for (const agent of this.agents) await this.endAgent(agent, 'SIGTERM');
    await this.endHub('SIGTERM');
    const store = await openStore({
      folder: this.dataFolder,
      retentionMs: Number.MAX_SAFE_INTEGER,
    });
    const sum = { taken: 0, stored: 0, acknowledged: 0, lost: 0, twice: 0, counted: 0, excused: 0 };
    try {
      for (const agent of this.agents) {
        const { columns } = await store.query({
          hostId: agent.agentId,
          keys: [NUMBER_KEY],
          fromMs: 0,
          toMs: FOREVER_MS,
          maxPoints: 10_000_000,
        });
        const numbers = [...(columns[0] ?? [])].filter((number) => !Number.isNaN(number));
        const stored = new Set(numbers);
        const taken = agent.taken();
        const missing = taken.filter(({ number }) => !stored.has(number));
        const excused = missing.filter(({ atMs }) =>
          agent.killedMs.some((killedMs) => atMs < killedMs && atMs > killedMs - UNWRITTEN_MS),
        );
        const { acknowledged, lost } = agent.sums();
        sum.taken += taken.length;
        sum.stored += stored.size;
        sum.twice += numbers.length - stored.size;
        sum.acknowledged += acknowledged;
        sum.counted += lost;
        sum.excused += excused.length;
        sum.lost += Math.max(0, missing.length - excused.length - lost);
      }
    } finally {
      await store.close();
    }
    return sum;
  }

  async close(): Promise<void> {
    for (const agent of this.agents) await this.endAgent(agent, 'SIGKILL');
    await this.endHub('SIGKILL');
    await this.way.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #spawn(
    script: string,
    args: readonly string[],
    clockFile: string,
    flags: readonly string[] = [],
  ): ChildProcess {
    mkdirSync(this.folder, { recursive: true });
    if (!existsSync(clockFile)) writeFileSync(clockFile, '0');
    return spawn(
      process.execPath,
      [...fromSource, `--import=${CLOCK}`, ...flags, script, ...args],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, CLOCK_FILE: clockFile } },
    );
  }
}

/** A sentence for the table. */
export function told({ taken, stored, lost, twice, counted, excused }: Audit): string {
  return `${taken} samples, ${stored} stored: lost ${lost}, twice ${twice}, counted ${counted}, in the memory of killed processes ${excused}`;
}

/**
 * Agents and a hub in one process: the real code on a clock, a network and disks that a seed decides about. For some
 * minutes things break at random (faults.ts); then everything heals, and what must hold is checked (audit.ts).
 */
import { startAgent, type AgentOptions, type RunningAgent } from '@openmanager/agent';
import type { Notification } from '@openmanager/alerting';
import type { Alert } from '@openmanager/protocol';
import { MINUTE_MS, SECOND_MS } from '@openmanager/protocol/durations';
import { dice } from '../../../../scripts/proof/kit.ts';
import type { HostUpdate } from '../../src/ports/index.ts';
import type { Disks } from './disk.ts';
import { startHubCore, type HubCore } from './hub-core.ts';
import { Link, SimNetwork } from './network.ts';
import { HubDisk, NUMBER_KEY } from './store.ts';
import { Life, VirtualTime } from './time.ts';

const HOSTS = 3;
/** How long things break, and how long they then have to come to rest. */
const BREAKING_MS = 6 * MINUTE_MS;
const HEALING_MS = 4 * MINUTE_MS;
/** Of high load, of which an alert must tell. */
const EPISODE_MS = { min: 30_000, max: 90_000 } as const;
export const THRESHOLD = 0.5;
const HIGH = 0.9;
const LOW = 0.1;

const KEYS = ['system.cpu.utilization', 'system.memory.utilization', NUMBER_KEY];

/** A sample as the agent took it. */
export interface Taken {
  readonly number: number;
  readonly atMs: number;
  readonly life: Life;
}

export interface AgentLife {
  readonly life: Life;
  readonly agent: RunningAgent;
}

export class Machine {
  readonly name: string;
  readonly clock = { skewMs: 0 };
  readonly link = new Link();
  readonly taken: Taken[] = [];
  /** True times of high load. */
  readonly episodes: { readonly fromMs: number; readonly toMs: number }[] = [];
  /** Times in which something was done to it or to the hub, so that silence is no wonder. */
  readonly disturbed: { readonly fromMs: number; readonly toMs: number }[] = [];
  /** Times in which its disk took nothing, so that what it could not send either was in memory alone. */
  readonly diskless: { readonly fromMs: number; toMs: number }[] = [];
  readonly lives: AgentLife[] = [];
  agentId = '';
  key = '';
  current: AgentLife | undefined;
  /** Dropped or refused batches that its lives have counted. */
  counted = 0;

  constructor(name: string) {
    this.name = name;
  }
}

export interface Judged {
  readonly hostId: string;
  readonly atMs: number;
  readonly value: number;
  readonly life: Life;
}

export interface Delivery {
  readonly key: string;
  readonly atMs: number;
  readonly life: Life;
  readonly alerts: readonly Alert[];
}

export class Simulation {
  readonly seed: number;
  readonly random: () => number;
  readonly time: VirtualTime;
  readonly network: SimNetwork;
  readonly disks: Disks;
  readonly hubDisk = new HubDisk();
  readonly hubClock = { skewMs: 0 };
  readonly machines: readonly Machine[];
  readonly judged: Judged[] = [];
  readonly deliveries: Delivery[] = [];
  /** As announced, each change. */
  readonly announced: { readonly atMs: number; readonly alert: Alert }[] = [];
  /** What happened, for who reads of a failure. */
  readonly story: string[] = [];
  isReceiverDown = false;
  /** Times in which no message gets through, whatever the hub does. */
  readonly unreachable: { readonly fromMs: number; readonly toMs: number }[] = [];
  hubLives: Life[] = [];
  hub: HubCore | undefined;
  /** Between two samples. */
  readonly intervalMs: number;
  readonly #startMs: number;
  readonly #dataFolder: string;

  constructor(seed: number, disks: Disks, dataFolder: string) {
    this.seed = seed;
    this.random = dice(seed);
    this.intervalMs = seed % 4 === 0 ? SECOND_MS : 5 * SECOND_MS;
    this.time = new VirtualTime(dice(-seed));
    this.#startMs = this.time.nowMs;
    this.#dataFolder = dataFolder;
    this.network = new SimNetwork(this.time, this.random);
    this.disks = disks;
    disks.reset(this.time, this.random);
    this.machines = Array.from({ length: HOSTS }, (_, at) => new Machine(`box${at}`));
    for (const machine of this.machines) this.network.links.set(machine.clock, machine.link);
  }

  get hubLife(): Life | undefined {
    return this.hubLives.at(-1);
  }

  /** Of `fromMs` to `toMs` inclusive, whole. */
  between(fromMs: number, toMs: number): number {
    return fromMs + Math.floor(this.random() * (toMs - fromMs + 1));
  }

  note(text: string): void {
    const seconds = ((this.time.nowMs - this.#startMs) / SECOND_MS).toFixed(3);
    this.story.push(`${seconds.padStart(9)} s  ${text}`);
  }

  /** `drawFaults` has faults happen within so many ms from now on. */
  run(drawFaults: (simulation: Simulation, lengthMs: number) => void): Promise<void> {
    return this.inside(async () => {
      this.#drawEpisodes();
      drawFaults(this, BREAKING_MS);
      await this.time.advance(BREAKING_MS);
      this.heal();
      await this.time.advance(HEALING_MS);
    });
  }

  /** Does it in virtual time, with a hub and agents that have come to rest. */
  async inside(work: () => Promise<void>): Promise<void> {
    this.time.install();
    try {
      await this.#setUp();
      await work();
    } finally {
      for (const { life } of this.machines.flatMap(({ lives }) => lives)) life.end(this.time.nowMs);
      this.hubLife?.end(this.time.nowMs);
      this.time.uninstall();
    }
  }

  async #setUp(): Promise<void> {
    this.startHub();
    await this.time.advance(SECOND_MS);
    const hub = this.hub as HubCore;
    const life = this.hubLife as Life;
    this.time.as(life, () => {
      void this.#settings(hub);
    });
    await this.time.advance(SECOND_MS);
    for (const machine of this.machines) this.startAgent(machine);
    await this.time.advance(15 * SECOND_MS);
  }

  async #settings(hub: HubCore): Promise<void> {
    const { desk } = hub.alerts;
    for (const machine of this.machines) Object.assign(machine, await hub.enrol(machine.name));
    await desk.putReceiver('hook', { kind: 'webhook', url: 'http://127.0.0.1:9/' });
    await desk.setRouting({
      route: { receivers: ['hook'], groupBy: ['host'], groupWaitMs: 0, groupIntervalMs: 5_000 },
      inhibitions: [],
      allowHosts: ['127.0.0.1'],
    });
    await desk.replaceRules([
      {
        kind: 'above',
        ruleId: 'busy',
        metric: 'system.cpu.utilization',
        scope: 'total',
        threshold: THRESHOLD,
        clear: 0.4,
        forMs: 0,
        severity: 'warning',
      },
      { kind: 'absent', ruleId: 'host-silent', intervals: 3, forMs: 0, severity: 'critical' },
    ]);
  }

  #drawEpisodes(): void {
    const { nowMs } = this.time;
    for (const machine of this.machines) {
      const fromMs = nowMs + this.between(10_000, BREAKING_MS - EPISODE_MS.max);
      machine.episodes.push({
        fromMs,
        toMs: fromMs + this.between(EPISODE_MS.min, EPISODE_MS.max),
      });
      // And one when all is well again, far enough from the first that it is no flapping.
      const last = nowMs + BREAKING_MS + this.between(60_000, 90_000);
      if (last - fromMs > 6 * MINUTE_MS)
        machine.episodes.push({ fromMs: last, toMs: last + 40_000 });
    }
  }

  startHub(): void {
    const life = new Life('hub', this.hubClock, this.time.nowMs);
    this.hubLives.push(life);
    this.hub = undefined;
    this.note('the hub starts');
    this.time.as(life, () => {
      void startHubCore(life, {
        time: this.time,
        network: this.network,
        disk: this.hubDisk,
        dataFolder: this.#dataFolder,
        random: this.random,
        judged: (update) => this.#judge(update, life),
      }).then((hub) => {
        if (life.isOver) return;
        this.hub = hub;
        hub.alerts.onChange((alerts) => {
          for (const alert of alerts) {
            this.announced.push({ atMs: this.time.nowMs, alert });
            if (alert.ruleId === 'busy' || alert.ruleId === 'host-silent')
              this.note(`  ${alert.ruleId} of ${alert.target.name} is ${alert.state}`);
          }
        });
      });
    });
  }

  #judge({ hostId, keys, values }: HostUpdate, life: Life): void {
    const value = values[keys.indexOf('system.cpu.utilization')] ?? Number.NaN;
    this.judged.push({ hostId, atMs: this.time.nowMs, value, life });
  }

  killHub(): void {
    this.note('the hub is killed');
    this.hubLife?.end(this.time.nowMs);
    this.hub = undefined;
  }

  /** In place of the network beyond the hub. */
  async deliver({
    key,
    alerts,
  }: Notification): Promise<{ kind: 'delivered' | 'failed'; answer: string }> {
    const life = this.time.life as Life;
    await this.#wait(5 + this.random() * 200);
    if (this.isReceiverDown) return { kind: 'failed', answer: 'simulated: 503' };
    this.deliveries.push({
      key,
      atMs: this.time.nowMs,
      life,
      alerts: alerts.map(({ alert }) => alert),
    });
    // Killed between these the hub does not know that the message arrived.
    await this.#wait(5 + this.random() * 100);
    return { kind: 'delivered', answer: 'simulated: 200' };
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  startAgent(machine: Machine): void {
    const life = new Life(machine.name, machine.clock, this.time.nowMs);
    this.note(`the agent of ${machine.name} starts`);
    this.time.as(life, () => {
      void startAgent({
        hub: 'http://hub.simulated:8787',
        key: machine.key,
        stateFolder: this.disks.folder(machine.name),
        intervalMs: this.intervalMs,
        random: this.random,
        collect: this.#collector(machine, life),
      }).then(
        (agent) => {
          if (life.isOver) return;
          machine.current = { life, agent };
          machine.lives.push(machine.current);
        },
        (error: unknown) => {
          this.note(`  it does not start: ${String(error)}`);
          life.end(this.time.nowMs);
        },
      );
    });
  }

  #collector(machine: Machine, life: Life): NonNullable<AgentOptions['collect']> {
    return {
      facts: () => ({
        hostname: machine.name,
        os: 'linux',
        osName: 'Simulated',
        kernel: '1',
        arch: 'x64',
        cpuModel: 'none',
        cpuCount: 1,
        memoryBytes: 1,
        timeZone: 'UTC',
      }),
      sample: () => {
        const atMs = this.time.nowMs;
        const number = machine.taken.length + 1;
        machine.taken.push({ number, atMs, life });
        const isHigh = machine.episodes.some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
        return { keys: KEYS, values: Float64Array.of(isHigh ? HIGH : LOW, 0.2, number) };
      },
      processes: () => undefined,
    };
  }

  /** Its process ends at once; what it had not written is gone. */
  killAgent(machine: Machine, withPower: boolean): void {
    const { current } = machine;
    machine.current = undefined;
    if (current === undefined) return;
    this.note(`${withPower ? 'power is cut at' : 'the agent is killed on'} ${machine.name}`);
    machine.counted += countedBy(current.agent);
    current.life.lostPower = withPower;
    current.life.end(this.time.nowMs);
    if (withPower) this.disks.of(this.disks.folder(machine.name)).powerCut(this.random);
  }

  stopAgent(machine: Machine): void {
    const { current } = machine;
    machine.current = undefined;
    if (current === undefined) return;
    this.note(`the agent of ${machine.name} is stopped`);
    const { life, agent } = current;
    this.time.as(life, () => {
      void agent.stop().then(() => {
        machine.counted += countedBy(agent);
        life.end(this.time.nowMs);
      });
    });
  }

  heal(): void {
    this.note('everything heals');
    this.isReceiverDown = false;
    this.hubDisk.free(this.time.nowMs);
    this.hubDisk.commitMs = 4;
    if (this.hubLife?.isOver !== false) this.startHub();
    for (const machine of this.machines) {
      machine.link.refusal = undefined;
      machine.link.delayMs = 2;
      machine.link.heal();
      this.disks.of(this.disks.folder(machine.name)).failure = undefined;
      if (machine.current === undefined) this.startAgent(machine);
    }
  }
}

export function countedBy(agent: RunningAgent): number {
  const { batchesDropped, batchesRejected } = agent.stats();
  return batchesDropped + batchesRejected;
}

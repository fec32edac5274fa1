/** The agent, put together: collector → sampler → queue → uplink. */
import { HOUR_MS } from '@openmanager/protocol/durations';
import { join } from 'node:path';
import {
  encodeBatch,
  type Hello,
  newestOf,
  nothingReceived,
  PROTOCOL_VERSION,
  type Received,
  unionOf,
  type Welcome,
} from '@openmanager/protocol';
import { AgentError } from './agent-error.ts';
import type { CollectedFacts, Collector, Sample } from './collect/collector.ts';
import { localCollector } from './collect/local.ts';
import { nextBootEpoch, saveBootEpoch } from './identity/boot-epoch.ts';
import { type Identity, loadIdentity } from './identity/identity.ts';
import { lockStateFolder } from './identity/lock.ts';
import { unusable } from './identity/state-file.ts';
import { machineIdentity, type MachineIdentity } from './identity/machine.ts';
import { loadProgress, ownerOf, saveProgress } from './identity/progress.ts';
import { defaultStateFolder } from './identity/state-folder.ts';
import { type Log, silent } from './log.ts';
import { agentDefaults, type AgentStats, type AgentOptions, type RunningAgent } from './options.ts';
import { countedSet, roundColumns, type RoundedSet, valuesOfSet } from './sample/rounding.ts';
import { Sampler } from './sample/sampler.ts';
import { SelfReport } from './sample/self-report.ts';
import { BatchQueue } from './spool/batch-queue.ts';
import { DiskSpool, removeSpool } from './spool/disk-spool.ts';
import { isAfter } from './spool/mark.ts';
import { systemTiming, type Timing } from './timing.ts';
import { agentSocketUrl, hubOrigin } from './uplink/hub-url.ts';
import { Uplink } from './uplink/uplink.ts';
import { AGENT_VERSION } from './version.ts';

/** Time for the hub's last acknowledgements, of the 2 s that a stop may take, ms. */
const DRAIN_MS = 1_200;
/** A key travels in a header. */
const PRINTABLE = /^[\x21-\x7e]+$/;
const INTERVAL_MS = { min: 500, max: HOUR_MS } as const;

/** Starts to sample and send. Throws AgentError when it cannot; a hub that is away is no reason not to start. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const intervalMs = options.intervalMs ?? agentDefaults.intervalMs;
  if (!Number.isInteger(intervalMs) || intervalMs < INTERVAL_MS.min || intervalMs > INTERVAL_MS.max)
    throw new AgentError(
      'invalid-option',
      `An interval of ${intervalMs} ms is not possible.`,
      'Choose between 500 ms and 1 h.',
    );
  const stateFolder =
    options.stateFolder === undefined ? defaultStateFolder() : options.stateFolder;
  const credentials = credentialsOf(options, stateFolder);
  const url = agentSocketUrl(credentials.hubUrl);
  const hub = hubOrigin(credentials.hubUrl);
  const unlock = stateFolder === null ? () => {} : lockStateFolder(stateFolder);
  try {
    const collector = options.collect ?? (await localCollector(options));
    const agent = new Agent(
      { ...options, intervalMs },
      { hub, url, key: credentials.key, stateFolder, collector, unlock },
    );
    await agent.start();
    return agent;
  } catch (error) {
    unlock();
    throw error;
  }
}

function credentialsOf(
  options: AgentOptions,
  stateFolder: string | null,
): Pick<Identity, 'key' | 'hubUrl'> {
  // A key and a hub of one's own leave the stored identity, damaged or not, alone.
  const complete = options.key !== undefined && options.hub !== undefined;
  const stored = complete || stateFolder === null ? undefined : loadIdentity(stateFolder);
  const key = (options.key ?? stored?.key)?.trim();
  const hubUrl = options.hub ?? stored?.hubUrl;
  if (key !== undefined && !PRINTABLE.test(key))
    throw new AgentError(
      'invalid-option',
      'The key is not one that a hub gives out.',
      'Copy it as a whole, without blanks and line breaks.',
    );
  if (key !== undefined && hubUrl !== undefined) return { key, hubUrl };
  throw new AgentError(
    'not-enrolled',
    'This agent is not enrolled at a hub yet.',
    'Create a code on the Agents page and run "openmanager agent enroll --hub URL --code CODE".',
  );
}

interface Parts {
  readonly hub: string;
  readonly url: string;
  readonly key: string;
  readonly stateFolder: string | null;
  readonly collector: Collector;
  readonly unlock: () => void;
}

class Agent implements RunningAgent {
  readonly hub: string;
  readonly #options: AgentOptions;
  readonly #parts: Parts;
  readonly #log: Log;
  readonly #timing: Timing;
  readonly #queue: BatchQueue;
  readonly #uplink: Uplink;
  readonly #sampler: Sampler;
  #facts: CollectedFacts | undefined;
  readonly #owner: string;
  readonly #machine: MachineIdentity;
  #acknowledged: Received;
  #cancelSpill: (() => void) | undefined;
  #bootEpoch: number;
  #seq = 0;
  #samplesTaken = 0;
  #connections = 0;
  #keys: readonly string[] | undefined;
  #rounded: RoundedSet | undefined;
  #connectedListeners: (() => void)[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: AgentOptions & { readonly intervalMs: number }, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.hub = parts.hub;
    const log = (this.#log = options.log ?? silent);
    const timing = (this.#timing = options.timing ?? systemTiming);
    const { stateFolder } = parts;
    this.#bootEpoch = this.#nextEpoch();
    this.#owner = ownerOf(parts.key);
    this.#acknowledged = this.#adopt();
    this.#machine = options.machine ?? machineIdentity();
    this.#queue = new BatchQueue({
      spool:
        stateFolder === null
          ? undefined
          : () =>
              new DiskSpool({
                folder: join(stateFolder, 'spool'),
                maxBytes: options.spoolBytes ?? agentDefaults.spoolBytes,
                now: () => timing.now(),
              }),
      memoryBytes: options.memoryBytes ?? agentDefaults.memoryBytes,
      spoolAfterMs: options.spoolAfterMs ?? agentDefaults.spoolAfterMs,
      onSpoolError: (error) => this.#spoolChanged(error),
    });
    this.#queue.begin(this.#bootEpoch);
    this.#uplink = new Uplink({
      url: parts.url,
      key: parts.key,
      queue: this.#queue,
      timing,
      random: options.random ?? Math.random,
      log,
      hello: () => this.#hello(),
      onWelcome: (welcome) => this.#welcomed(welcome),
      onAcknowledged: (received) => this.#acknowledge(received),
      onCadence: (cadence) => this.#sampler.setCadence(cadence.intervalMs, cadence.perCore),
      onLost: () => {
        this.#sampler.resetCadence();
        // Nothing is left to a process that may be killed.
        this.#queue.spill(timing.monotonic());
      },
    });
    this.#sampler = new Sampler({
      // A simulated host has no agent of its own to tell of.
      collector: options.demo
        ? parts.collector
        : new SelfReport(parts.collector, () => this.stats()),
      intervalMs: options.intervalMs,
      timing,
      log,
      onSample: (timeMs, sample) => this.#take(timeMs, sample),
      onProcesses: (timeMs, rows) =>
        this.#uplink.sendProcesses({ type: 'processes', timeMs, rows }),
      onClockSet: (byMs) => this.#uplink.renew(`the clock was set by ${byMs} ms`),
    });
  }

  async start(): Promise<void> {
    this.#facts = await this.#parts.collector.facts();
    this.#uplink.start();
    this.#sampler.start();
  }

  stats(): AgentStats {
    return {
      connected: this.#uplink.live,
      hostId: this.#uplink.hostId,
      series: this.#rounded?.set.keys.length ?? 0,
      samplesTaken: this.#samplesTaken,
      batchesAcknowledged: this.#uplink.acknowledged,
      batchesRejected: this.#uplink.rejected,
      batchesDropped: this.#queue.dropped,
      batchesInMemory: this.#queue.memoryEntries,
      connections: this.#connections,
      spoolBytes: this.#queue.spoolBytes,
      spoolFailure: this.#queue.spoolFailure,
      spoolFailures: this.#queue.spoolFailures,
      stuck: this.#parts.collector.stuck?.() ?? 0,
    };
  }

  whenConnected(): Promise<void> {
    if (this.#uplink.live) return Promise.resolve();
    return new Promise((resolve) => this.#connectedListeners.push(resolve));
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#shutDown();
    return this.#stopping;
  }

  async #shutDown(): Promise<void> {
    this.#sampler.stop();
    this.#cancelSpill?.();
    await this.#uplink.drained(DRAIN_MS);
    this.#uplink.stop();
    this.#queue.close();
    this.#attempt(() => this.#saveProgress());
    await this.#parts.collector.close?.();
    this.#parts.unlock();
  }

  #hello(): Hello {
    const { name, labels } = this.#options;
    return {
      type: 'hello',
      version: PROTOCOL_VERSION,
      bootEpoch: this.#bootEpoch,
      facts: {
        ...(this.#facts as CollectedFacts),
        ...(name === undefined ? {} : { hostname: name }),
        ...(labels === undefined ? {} : { labels }),
        agentVersion: this.#options.agentVersion ?? AGENT_VERSION,
        demo: this.#options.demo ?? false,
      },
      intervalMs: this.#options.intervalMs ?? agentDefaults.intervalMs,
      nowMs: this.#timing.now(),
      spoolDropped: this.#queue.dropped,
      floor: this.#queue.floor,
      acknowledged: this.#acknowledged,
      ...this.#machine,
    };
  }

  #acknowledge(received: Received): void {
    this.#acknowledged = unionOf(this.#acknowledged, received);
  }

  #spoolChanged(error: Error | undefined): void {
    if (!error) return this.#log('info', 'the state folder can be written again');
    const { message, action } = unusable(this.#parts.stateFolder ?? '', error);
    this.#log('error', `${message} Batches wait in memory only, and are lost with this process.`, {
      action,
    });
  }

  /** A number that grows with each start, as far as it can be kept. */
  #nextEpoch(): number {
    const { stateFolder } = this.#parts;
    const nowMs = this.#timing.now();
    return (
      (stateFolder === null ? undefined : this.#attempt(() => nextBootEpoch(stateFolder, nowMs))) ??
      nowMs
    );
  }

  /** What the hub acknowledged before. Batches of the host that this folder belonged to before are not this one's. */
  #adopt(): Received {
    const { stateFolder } = this.#parts;
    const progress = stateFolder === null ? undefined : loadProgress(stateFolder);
    if (stateFolder === null || progress?.owner === this.#owner)
      return progress?.acknowledged ?? nothingReceived;
    if (progress !== undefined) {
      const removed = this.#attempt(() => removeSpool(join(stateFolder, 'spool'))) ?? 0;
      if (removed > 0)
        this.#log('warn', 'batches of the agent that was enrolled here before are removed', {
          segments: removed,
        });
    }
    this.#attempt(() => this.#saveProgress(nothingReceived));
    return nothingReceived;
  }

  #saveProgress(acknowledged: Received = this.#acknowledged): void {
    const { stateFolder } = this.#parts;
    if (stateFolder !== null) saveProgress(stateFolder, this.#owner, acknowledged);
  }

  /** What a disk that refuses must not keep from running; the spool tells of it. */
  #attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch {
      return undefined;
    }
  }

  /**
   * If the hub has stored batches newer than ours (this machine lost its state folder and its clock is behind), it
   * would drop ours as duplicates. Ours then get an epoch after the hub's.
   */
  #welcomed({ acknowledged }: Welcome): 'go-on' | 'greet-again' {
    const newest = newestOf(acknowledged);
    if (isAfter(newest, { bootEpoch: this.#bootEpoch, seq: this.#seq })) {
      const { stateFolder } = this.#parts;
      const from = this.#bootEpoch;
      this.#bootEpoch = newest.bootEpoch + 1;
      this.#queue.restamp(from, this.#bootEpoch, this.#timing.monotonic());
      if (stateFolder !== null) this.#attempt(() => saveBootEpoch(stateFolder, this.#bootEpoch));
      this.#log('warn', 'the hub has newer batches of this agent; going on after them', {
        bootEpoch: this.#bootEpoch,
      });
      return 'greet-again';
    }
    this.#acknowledge(acknowledged);
    this.#connections++;
    // Notified after this call, when the connection is live.
    queueMicrotask(() => {
      for (const listener of this.#connectedListeners.splice(0)) listener();
    });
    return 'go-on';
  }

  #take(timeMs: number, { keys, values }: Sample): void {
    if (keys.length === 0) return;
    if (keys !== this.#keys || !this.#rounded) {
      this.#keys = keys;
      this.#rounded = countedSet(keys);
      if (this.#rounded.leftOut > 0)
        this.#log(
          'error',
          'more series than a batch takes; of each metric the last ones are left out',
          {
            leftOut: this.#rounded.leftOut,
          },
        );
      for (const key of this.#rounded.repeated)
        this.#log('error', 'a series is there twice; the second is left out', { series: key });
    }
    const rounded = this.#rounded;
    const mark = { bootEpoch: this.#bootEpoch, seq: ++this.#seq };
    const bytes = encodeBatch({
      ...mark,
      setId: rounded.set.id,
      timesMs: [timeMs],
      columns: roundColumns(valuesOfSet(values, rounded), rounded.powers),
    });
    this.#samplesTaken++;
    const { live } = this.#uplink;
    this.#queue.push({ mark, timeMs, set: rounded.set, bytes }, this.#timing.monotonic(), live);
    this.#uplink.pump();
    if (live) this.#spillLater();
  }

  /** What the hub does not acknowledge in time goes to disk, whether or not there is another sample by then. */
  #spillLater(): void {
    this.#cancelSpill?.();
    const afterMs = this.#options.spoolAfterMs ?? agentDefaults.spoolAfterMs;
    this.#cancelSpill = this.#timing.after(afterMs + 1, () =>
      this.#queue.spillOld(this.#timing.monotonic()),
    );
  }
}

/** The agent, put together: collector → sampler → queue → uplink. */
import { HOUR_MS } from '@openmanager/protocol/durations';
import { join } from 'node:path';
import { encodeBatch, type Hello, PROTOCOL_VERSION, type Welcome } from '@openmanager/protocol';
import { AgentError } from './agent-error.ts';
import type { CollectedFacts, Collector, Sample } from './collect/collector.ts';
import { localCollector } from './collect/local.ts';
import { nextBootEpoch, saveBootEpoch } from './identity/boot-epoch.ts';
import { type Identity, loadIdentity } from './identity/identity.ts';
import { lockStateFolder } from './identity/lock.ts';
import { unusable } from './identity/state-file.ts';
import { defaultStateFolder } from './identity/state-folder.ts';
import { type Log, silent } from './log.ts';
import { agentDefaults, type AgentStats, type AgentOptions, type RunningAgent } from './options.ts';
import { countedSet, roundColumns, type RoundedSet, valuesOfSet } from './sample/rounding.ts';
import { Sampler } from './sample/sampler.ts';
import { SelfReport } from './sample/self-report.ts';
import { BatchQueue } from './spool/batch-queue.ts';
import { DiskSpool } from './spool/disk-spool.ts';
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
    this.#bootEpoch =
      stateFolder === null ? timing.now() : nextBootEpoch(stateFolder, timing.now());
    this.#queue = new BatchQueue({
      spool:
        stateFolder === null ? undefined : openSpool(join(stateFolder, 'spool'), options, timing),
      memoryBytes: options.memoryBytes ?? agentDefaults.memoryBytes,
      spoolAfterMs: options.spoolAfterMs ?? agentDefaults.spoolAfterMs,
      onSpoolError: (error) =>
        log('error', 'the spool cannot be written; batches wait in memory only', {
          reason: error.message,
        }),
    });
    this.#uplink = new Uplink({
      url: parts.url,
      key: parts.key,
      queue: this.#queue,
      timing,
      random: options.random ?? Math.random,
      log,
      hello: () => this.#hello(),
      onWelcome: (welcome) => this.#welcomed(welcome),
      onCadence: (cadence) => this.#sampler.setCadence(cadence.intervalMs, cadence.perCore),
      onLost: () => this.#sampler.resetCadence(),
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
      mountsStuck: this.#parts.collector.stuck?.() ?? 0,
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
    await this.#uplink.drained(DRAIN_MS);
    this.#uplink.stop();
    this.#queue.close();
    this.#parts.collector.close?.();
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
    };
  }

  /**
   * If the hub has stored batches newer than ours (this machine lost its state folder and its clock is behind), it
   * would drop ours as duplicates. Ours then get an epoch after the hub's.
   */
  #welcomed({ acknowledged }: Welcome): 'go-on' | 'greet-again' {
    if (isAfter(acknowledged, { bootEpoch: this.#bootEpoch, seq: this.#seq })) {
      const from = this.#bootEpoch;
      this.#bootEpoch = acknowledged.bootEpoch + 1;
      this.#queue.restamp(from, this.#bootEpoch);
      if (this.#parts.stateFolder !== null) saveBootEpoch(this.#parts.stateFolder, this.#bootEpoch);
      this.#log('warn', 'the hub has newer batches of this agent; going on after them', {
        bootEpoch: this.#bootEpoch,
      });
      return 'greet-again';
    }
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
    this.#queue.push(
      { mark, timeMs, set: rounded.set, bytes },
      this.#timing.monotonic(),
      this.#uplink.live,
    );
    this.#uplink.pump();
  }
}

function openSpool(folder: string, options: AgentOptions, timing: Timing): DiskSpool {
  try {
    return new DiskSpool({
      folder,
      maxBytes: options.spoolBytes ?? agentDefaults.spoolBytes,
      now: () => timing.now(),
    });
  } catch (error) {
    throw unusable(folder, error);
  }
}

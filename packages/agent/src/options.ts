import type { Labels } from '@openmanager/protocol';
import type { ChoiceEntries } from './collect/choices.ts';
import type { Collector } from './collect/collector.ts';
import type { MachineIdentity } from './identity/machine.ts';
import type { Log } from './log.ts';
import type { Timing } from './timing.ts';

export interface AgentOptions extends ChoiceEntries {
  /** Address of the hub, such as http://host:8787. @default the hub this agent is enrolled at */
  readonly hub?: string;
  /** The agent's key. @default the one that enrolment stored in the state folder */
  readonly key?: string;
  /** Folder of key and spool; null keeps nothing on disk (the key must be given). @default `defaultStateFolder()` */
  readonly stateFolder?: string | null;
  /** Sampling interval while the host is not watched, ms, 500 to 3,600,000. @default 5_000 */
  readonly intervalMs?: number;
  /** What the host is called. @default the name it has itself */
  readonly name?: string;
  /** Labels of the host, by which rules, routes and silences find it. @default none */
  readonly labels?: Labels;
  /** Marks the host as simulated. @default false */
  readonly demo?: boolean;
  /** Written into the host's facts. @default the version of this package */
  readonly agentVersion?: string;
  /** Source of samples. @default this machine */
  readonly collect?: Collector;
  /** Bound of the spool on disk. @default 256 MiB */
  readonly spoolBytes?: number;
  /** Bound of the batches in memory. @default 4 MiB */
  readonly memoryBytes?: number;
  /** How long a batch may wait in memory for the hub before it goes to disk. @default 1_000 */
  readonly spoolAfterMs?: number;
  /** Tells the hub which machine this is. @default from this machine's ids, without telling them */
  readonly machine?: MachineIdentity;
  readonly log?: Log;
  readonly timing?: Timing;
  /** In [0, 1), for the jitter of reconnects. */
  readonly random?: () => number;
}

export const agentDefaults: Required<
  Pick<AgentOptions, 'intervalMs' | 'spoolBytes' | 'memoryBytes' | 'spoolAfterMs'>
> = {
  intervalMs: 5_000,
  spoolBytes: 256 * 1024 * 1024,
  memoryBytes: 4 * 1024 * 1024,
  spoolAfterMs: 1_000,
};

/** What the agent has done since it started. */
export interface AgentStats {
  readonly connected: boolean;
  /** The id the hub knows this host by; undefined before the first connection. */
  readonly hostId: string | undefined;
  /** Series of the newest sample. */
  readonly series: number;
  readonly samplesTaken: number;
  readonly batchesAcknowledged: number;
  readonly batchesRejected: number;
  /** Lost to the bounds of memory and disk. */
  readonly batchesDropped: number;
  readonly batchesInMemory: number;
  /** Welcomes of the hub: above 1, the agent had to reconnect. */
  readonly connections: number;
  readonly spoolBytes: number;
  /** Why batches wait in memory only; undefined while the disk takes them. */
  readonly spoolFailure: string | undefined;
  /** Openings, writes, syncs and removals that failed on the disk since the start. */
  readonly spoolFailures: number;
  /** Filesystems and sources that do not answer now; while there are any, the process can end by a signal only. */
  readonly stuck: number;
}

export interface RunningAgent {
  /** Address of the hub it sends to. */
  readonly hub: string;
  stats(): AgentStats;
  /** Resolves when the hub has welcomed the agent, now or later. */
  whenConnected(): Promise<void>;
  /** Within 2 s: sends what can be acknowledged, spools the rest, lets go of everything. */
  stop(): Promise<void>;
}

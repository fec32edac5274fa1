import type { HostFacts, ProcessRow } from '@openmanager/protocol';

/** Facts as a collector knows them; the agent adds its version and whether it is a demo. */
export type CollectedFacts = Omit<HostFacts, 'agentVersion' | 'demo'>;

export interface Sample {
  /** Series keys. The same array as long as the set of series is the same: compared by identity. */
  readonly keys: readonly string[];
  /** One value per key, base units, NaN where there is none. May be reused for the next sample. */
  readonly values: Float64Array;
}

export interface SampleOptions {
  /** True while this host is watched: report utilisation per core, too. */
  readonly perCore: boolean;
}

/** By source. */
export type SourceCosts = Readonly<
  Record<string, { readonly maxMs: number; readonly failures: number }>
>;

/** Where samples come from. The agent asks for one thing at a time. */
export interface Collector {
  facts(): CollectedFacts | Promise<CollectedFacts>;
  /** Values for the time `timeMs` (epoch ms, on the grid of the interval). */
  sample(timeMs: number, options: SampleOptions): Sample | Promise<Sample>;
  /** A newer process table than the last one asked for, or undefined when there is none yet. */
  processes(): readonly ProcessRow[] | undefined | Promise<readonly ProcessRow[] | undefined>;
  /** Questions to filesystems and sources that do not answer: each holds a thread of this process, which cannot end while it does. */
  stuck?(): number;
  /** What each source costs and how often it failed, by name. */
  costs?(): SourceCosts | Promise<SourceCosts>;
  /** Resolves when what sources have begun to ask others is answered or given up. */
  settled?(): Promise<void>;
  /** `stuck` is right when it has resolved. */
  close?(): void | Promise<void>;
}

/**
 * One source of numbers, such as one file of /proc. `keys` and `values` run in parallel; both are replaced,
 * never resized, when a device comes or goes.
 */
export interface Source {
  readonly keys: readonly string[];
  readonly values: Float64Array;
  /** Reads the source; `nowMs` is monotonic. Never throws: what cannot be read becomes NaN. */
  read(nowMs: number): void;
  /** Resolves when what the last reading has begun to ask is answered or given up; the next reading tells it. */
  settled?(): Promise<void>;
  close(): void;
}

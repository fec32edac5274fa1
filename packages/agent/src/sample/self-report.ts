/**
 * Adds what the agent knows of itself to each sample: memory, what waits for the hub, what was lost. Whoever asks why a
 * host has gaps finds the answer beside its series.
 */
import type { Collector, Sample, SampleOptions } from '../collect/collector.ts';
import type { AgentStats } from '../options.ts';

const REPORTED: readonly (readonly [key: string, of: (stats: AgentStats) => number])[] = [
  ['openmanager.agent.memory.usage', () => process.memoryUsage.rss()],
  ['openmanager.agent.spool.size', (stats) => stats.spoolBytes],
  ['openmanager.agent.spool.waiting', (stats) => stats.batchesInMemory],
  ['openmanager.agent.spool.memory_only', (stats) => (stats.spoolFailure === undefined ? 0 : 1)],
  ['openmanager.agent.batches.dropped', (stats) => stats.batchesDropped],
  ['openmanager.agent.connections', (stats) => stats.connections],
];
const KEYS: readonly string[] = REPORTED.map(([key]) => key);

export class SelfReport implements Pick<Collector, 'sample' | 'processes'> {
  readonly #collector: Collector;
  readonly #stats: () => AgentStats;
  #given: readonly string[] | undefined;
  #keys: readonly string[] = [];
  #values = new Float64Array(0);

  constructor(collector: Collector, stats: () => AgentStats) {
    this.#collector = collector;
    this.#stats = stats;
  }

  sample(timeMs: number, options: SampleOptions): Sample | Promise<Sample> {
    const sample = this.#collector.sample(timeMs, options);
    return sample instanceof Promise ? sample.then((one) => this.#with(one)) : this.#with(sample);
  }

  processes(): ReturnType<Collector['processes']> {
    return this.#collector.processes();
  }

  #with({ keys, values }: Sample): Sample {
    if (keys !== this.#given) {
      this.#given = keys;
      this.#keys = [...keys, ...KEYS];
      this.#values = new Float64Array(this.#keys.length);
    }
    this.#values.set(values);
    const stats = this.#stats();
    for (const [at, [, of]] of REPORTED.entries()) this.#values[keys.length + at] = of(stats);
    return { keys: this.#keys, values: this.#values };
  }
}

/** A collector whose values tell which sample they are of. */
import type { ProcessRow } from '@openmanager/protocol';
import type { CollectedFacts, Collector, Sample, SampleOptions } from '../src/collect/collector.ts';

export const testFacts: CollectedFacts = {
  hostname: 'test',
  os: 'linux',
  osName: 'Test',
  kernel: '1',
  arch: 'x64',
  cpuModel: 'none',
  cpuCount: 1,
  memoryBytes: 1,
  timeZone: 'UTC',
};

export class SteadyCollector implements Collector {
  samples = 0;
  perCore: boolean[] = [];
  times: number[] = [];
  rows: readonly ProcessRow[] | undefined;
  keys: readonly string[];

  constructor(keys: readonly string[] = ['system.process.count', 'system.uptime']) {
    this.keys = keys;
  }

  facts(): CollectedFacts {
    return testFacts;
  }

  sample(timeMs: number, { perCore }: SampleOptions): Sample {
    this.samples++;
    this.perCore.push(perCore);
    this.times.push(timeMs);
    return { keys: this.keys, values: new Float64Array(this.keys.length).fill(this.samples) };
  }

  processes(): readonly ProcessRow[] | undefined {
    return this.rows;
  }
}

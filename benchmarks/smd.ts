/**
 * How well the host detector finds the incidents of the Server Machine Dataset (38 metrics a minute of machines of an internet company, OmniAnomaly);
 * public, `--data DIR` has smd/*.csv.gz, or is
 * the folder ServerMachineDataset with train, test and test_label. What is measured, and how: ./smd/judge.ts.
 */
import type { BenchOptions, BenchResult } from './harness.ts';
import { judge } from './smd/judge.ts';

export function run(options: BenchOptions): Promise<BenchResult> {
  if (options.data === undefined) throw new Error('smd needs --data DIR.');
  return Promise.resolve(judge(options.data, 'smd'));
}

/**
 * How well the host detector finds the incidents of the Application Server Dataset (19 metrics every five minutes, InterFusion);
 * public, `--data DIR` has asd/*.csv.gz. What is measured, and how: ./smd/judge.ts.
 */
import type { BenchOptions, BenchResult } from './harness.ts';
import { judge } from './smd/judge.ts';

export function run(options: BenchOptions): Promise<BenchResult> {
  if (options.data === undefined) throw new Error('asd needs --data DIR.');
  return Promise.resolve(judge(options.data, 'asd'));
}

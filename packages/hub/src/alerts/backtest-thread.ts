/** Worker thread of a backtest: one request, one reply. */
import { parentPort } from 'node:worker_threads';
import { backtest, type BacktestResult, type HostHistory, type Rule } from '@openmanager/alerting';
import type { PastForesightModule } from '../ports/index.ts';
import { foresightQuestion } from './backtest-input.ts';

export interface BacktestHost extends HostHistory {
  readonly timesMs: Float64Array;
  readonly columns: readonly Float64Array[];
}

export interface BacktestRequest {
  readonly rule: Rule;
  readonly hosts: readonly BacktestHost[];
  /** Rows before this only train the detectors, epoch ms. */
  readonly fromMs: number;
  readonly utcOffsetMs: number;
  /** URL of a PastForesightModule. */
  readonly foresightModule: string;
}

export type BacktestReply = BacktestResult;

async function judge(request: BacktestRequest): Promise<BacktestReply> {
  const { rule, hosts, fromMs, utcOffsetMs, foresightModule } = request;
  const question = foresightQuestion(rule);
  if (!question) return backtest(rule, hosts, { fromMs });
  const { pastForesight } = (await import(foresightModule)) as PastForesightModule;
  return backtest(rule, hosts, { fromMs, foresight: () => pastForesight(question, utcOffsetMs) });
}

parentPort?.once('message', (request: BacktestRequest) => {
  void judge(request).then((reply) => parentPort?.postMessage(reply));
});

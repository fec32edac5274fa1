/** Worker thread of a backtest: one request, one reply. */
import { parentPort } from 'node:worker_threads';
import {
  backtest,
  type BacktestResult,
  type TargetHistory,
  type Rule,
} from '@openmanager/alerting';
import type { PastForesightModule } from '../ports/index.ts';
import { foresightQuestion } from './backtest-input.ts';

export interface BacktestTarget extends TargetHistory {
  readonly timesMs: Float64Array;
  readonly columns: readonly Float64Array[];
}

export interface BacktestRequest {
  readonly rule: Rule;
  readonly targets: readonly BacktestTarget[];
  /** Rows before this only train the detectors, epoch ms. */
  readonly fromMs: number;
  readonly utcOffsetMs: number;
  /** URL of a PastForesightModule. */
  readonly foresightModule: string;
}

export type BacktestReply = BacktestResult;

async function judge(request: BacktestRequest): Promise<BacktestReply> {
  const { rule, targets, fromMs, utcOffsetMs, foresightModule } = request;
  const question = foresightQuestion(rule);
  if (!question) return backtest(rule, targets, { fromMs });
  const { pastForesight } = (await import(foresightModule)) as PastForesightModule;
  return backtest(rule, targets, { fromMs, foresight: () => pastForesight(question, utcOffsetMs) });
}

parentPort?.once('message', (request: BacktestRequest) => {
  void judge(request).then((reply) => parentPort?.postMessage(reply));
});

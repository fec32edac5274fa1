/** The thread in which a rule is judged on history: one request, one reply. */
import { parentPort } from 'node:worker_threads';
import { backtest, type BacktestResult, type HostHistory, type Rule } from '@openmanager/alerting';

export interface BacktestHost extends HostHistory {
  readonly timesMs: Float64Array;
  readonly columns: readonly Float64Array[];
}

export interface BacktestRequest {
  readonly rule: Rule;
  readonly hosts: readonly BacktestHost[];
}

export type BacktestReply = BacktestResult;

parentPort?.once('message', ({ rule, hosts }: BacktestRequest) => {
  const reply: BacktestReply = backtest(rule, hosts);
  parentPort?.postMessage(reply);
});

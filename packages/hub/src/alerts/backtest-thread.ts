/** The thread in which a rule is judged on history: one request, one reply. */
import { parentPort } from 'node:worker_threads';
import { backtest, type BacktestResult, type HostHistory, type Rule } from '@openmanager/alerting';
import { learns, pastForesight } from './past-foresight.ts';

export interface BacktestHost extends HostHistory {
  readonly timesMs: Float64Array;
  readonly columns: readonly Float64Array[];
}

export interface BacktestRequest {
  readonly rule: Rule;
  readonly hosts: readonly BacktestHost[];
  /** Rows before are only learned from, epoch ms. */
  readonly fromMs: number;
  readonly utcOffsetMs: number;
}

export type BacktestReply = BacktestResult;

parentPort?.once('message', ({ rule, hosts, fromMs, utcOffsetMs }: BacktestRequest) => {
  const reply: BacktestReply = backtest(rule, hosts, {
    fromMs,
    ...(learns(rule) ? { foresight: () => pastForesight(rule, utcOffsetMs) } : {}),
  });
  parentPort?.postMessage(reply);
});

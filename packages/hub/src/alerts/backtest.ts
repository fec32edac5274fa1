/** What a rule would have done on stored history. Judged in a thread of its own: the hub goes on meanwhile. */
import { DAY_MS } from '@openmanager/protocol/durations';
import { Worker } from 'node:worker_threads';
import type { BacktestAnswer, BacktestInput, BacktestResult, Rule } from '@openmanager/alerting';
import { ProtocolError, type Target } from '@openmanager/protocol';
import type { MetricStore } from '@openmanager/store';
import type { Clock, KnownHosts } from '../ports/index.ts';
import { foresightQuestion, keysOf } from './backtest-input.ts';
import type { BacktestReply, BacktestRequest, BacktestTarget } from './backtest-thread.ts';

export interface BacktestOptions {
  readonly history: Pick<MetricStore, 'series' | 'query'>;
  readonly clock: Clock;
  readonly hosts: Pick<KnownHosts, 'all' | 'target'>;
  /** URL of a PastForesightModule. */
  readonly foresightModule: string;
  readonly limits?: Partial<typeof backtestDefaults> | undefined;
}

interface BacktestSubject {
  readonly target: Target;
  readonly intervalMs: number;
}

export const backtestDefaults = {
  /** Values that are read for one backtest; with more, history is taken in wider steps. */
  values: 4_000_000,
  rowsPerTarget: 50_000,
  leastRowsPerTarget: 500,
  /** For judging, the search for a suggestion included. */
  timeoutMs: 60_000,
  /** Fires that are answered one by one, the newest. */
  fires: 500,
} as const;
/** Read before the span for rules about what was expected: bands and slopes are of the day before. */
const LEAD_MS = DAY_MS;

/** One at a time: each may take a core for a while. */
export class Backtester {
  readonly #options: BacktestOptions;
  readonly #limits: { readonly [K in keyof typeof backtestDefaults]: number };
  #running: Worker | 'reading' | undefined;

  constructor(options: BacktestOptions) {
    this.#options = options;
    this.#limits = { ...backtestDefaults, ...options.limits };
  }

  /** Throws `invalid-input` when it takes too long, and `too-many-requests` while another one runs. */
  async run({ rule, rangeMs, targetIds }: BacktestInput): Promise<BacktestAnswer> {
    if (this.#running !== undefined) throw new ProtocolError('too-many-requests');
    this.#running = 'reading';
    try {
      const toMs = this.#options.clock.now();
      const fromMs = toMs - rangeMs;
      const subjects = this.#subjects().filter(
        ({ target }) => targetIds?.includes(target.id) ?? true,
      );
      const leadMs = foresightQuestion(rule) ? LEAD_MS : 0;
      const { targets, stepMs } = await this.#read(rule, subjects, fromMs - leadMs, toMs);
      const utcOffsetMs = -new Date().getTimezoneOffset() * 60_000;
      const result = await this.#judge({
        rule,
        targets,
        fromMs,
        utcOffsetMs,
        foresightModule: this.#options.foresightModule,
      });
      return {
        fromMs,
        toMs,
        targets: targets.length,
        stepMs,
        fires: result.fires
          .toSorted((a, b) => b.firedAtMs - a.firedAtMs)
          .slice(0, this.#limits.fires)
          .map((fire) => ({ ...fire, resolvedAtMs: fire.resolvedAtMs ?? null })),
        fireCount: result.fires.length,
        flaps: result.flaps,
        firingMs: result.firingMs,
        suggestion: result.suggestion ?? null,
      };
    } finally {
      this.#running = undefined;
    }
  }

  #subjects(): readonly BacktestSubject[] {
    const { hosts } = this.#options;
    return hosts.all().flatMap(({ hostId, intervalMs }) => {
      const target = hosts.target(hostId);
      return target ? { target, intervalMs } : [];
    });
  }

  async #read(
    rule: Rule,
    subjects: readonly BacktestSubject[],
    fromMs: number,
    toMs: number,
  ): Promise<{ targets: BacktestTarget[]; stepMs: number }> {
    const wanted: { readonly subject: BacktestSubject; readonly keys: readonly string[] }[] = [];
    for (const subject of subjects) {
      const keys = keysOf(rule, await this.#options.history.series(subject.target.id));
      if (keys.length > 0) wanted.push({ subject, keys });
    }
    const columns = wanted.reduce((sum, { keys }) => sum + keys.length, 0);
    const { values, leastRowsPerTarget, rowsPerTarget } = this.#limits;
    const maxPoints = Math.min(
      rowsPerTarget,
      Math.max(leastRowsPerTarget, Math.floor(values / Math.max(1, columns))),
    );
    const targets: BacktestTarget[] = [];
    let widest = 0;
    for (const { subject, keys } of wanted) {
      const found = await this.#options.history.query({
        hostId: subject.target.id,
        keys,
        fromMs,
        toMs,
        maxPoints,
      });
      if (found.timesMs.length === 0) continue;
      widest = Math.max(widest, found.stepMs);
      targets.push({
        ...subject,
        intervalMs: Math.max(subject.intervalMs, found.stepMs),
        keys: found.keys,
        timesMs: found.timesMs,
        columns: found.columns,
      });
    }
    return { targets, stepMs: widest };
  }

  #judge(request: BacktestRequest): Promise<BacktestResult> {
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const buffers = request.targets.flatMap(({ timesMs, columns }) =>
      [timesMs, ...columns].map(({ buffer }) => buffer as ArrayBuffer),
    );
    const worker = new Worker(new URL(`./backtest-thread.${ending}`, import.meta.url), {
      name: 'backtest',
      // From source, the thread resolves packages as this one does.
      ...(ending === 'ts' ? { execArgv: ['--conditions=source'] } : {}),
    });
    this.#running = worker;
    return new Promise<BacktestResult>((resolve, reject) => {
      const late = setTimeout(
        () =>
          reject(
            new ProtocolError(
              'invalid-input',
              'rangeMs: the backtest takes too long; ask for a shorter time or fewer targets',
              'rangeMs',
            ),
          ),
        this.#limits.timeoutMs,
      );
      late.unref();
      worker.once('message', (reply: BacktestReply) => {
        clearTimeout(late);
        resolve(reply);
      });
      worker.once('error', reject);
      worker.once('exit', () => reject(new ProtocolError('shutting-down')));
      worker.postMessage(request, [...new Set(buffers)]);
    }).finally(() => void worker.terminate());
  }

  /** Ends the one that runs. */
  stop(): void {
    if (this.#running instanceof Worker) void this.#running.terminate();
  }
}

/**
 * How late the hub is, per stage, and whether it keeps up.
 *
 *              late for a moment              late for 10 s
 *   in time ───────────────────────▶ late ───────────────────▶ behind
 *      ▲                              │                           │
 *      └──────────────────────────────┴───────────────────────────┘
 *                          in time for 5 s
 *
 * While it is late or behind, silence is held back: what would end it may wait to be read, or not be sent by agents of
 * which too much waits for the disk. Behind is a problem that people are told of, and agents are let in slowly, so that
 * the hub catches up by itself.
 */
import { MINUTE_MS, SECOND_MS } from '@openmanager/protocol/durations';
import type { Logger } from 'pino';
import type { HealthIssues, LagMeter, LagStage } from '../ports/index.ts';
import type { HubPulse } from './hub-pulse.ts';
import { Recent, type Percentiles } from './recent.ts';

const JUDGE_MS = 500;
/** Reading this late means that a host with an interval of a second may look silent. */
export const LATE_FROM_MS = 1_500;
const IN_TIME_MS = 1_000;
const IN_TIME_FOR_MS = 5_000;
const BEHIND_AFTER_MS = 10_000;
/** Rows that wait this long are judged by no rule. */
const DOWN_FROM_MS = MINUTE_MS;
/** Pings go out every five seconds. */
const QUEUE_SPAN_MS = 10_000;

export interface HubLagOptions {
  readonly pulse: Pick<HubPulse, 'hold' | 'lag' | 'recentLagMs' | 'missedMs'>;
  readonly issues: Pick<HealthIssues, 'set' | 'clear'>;
  readonly log: Pick<Logger, 'warn'>;
  /** @default performance.now */
  readonly monotonicMs?: () => number;
}

export type LagFigures = Readonly<Record<LagStage | 'loop', Percentiles>>;

export class HubLag implements LagMeter {
  readonly #options: HubLagOptions;
  readonly #nowMs: () => number;
  readonly #stages: Readonly<Record<LagStage, Recent>> = {
    queue: new Recent(QUEUE_SPAN_MS),
    commit: new Recent(MINUTE_MS),
    evaluation: new Recent(MINUTE_MS),
    sweep: new Recent(5 * MINUTE_MS),
  };
  #timer: NodeJS.Timeout | undefined;
  #lateSinceMs: number | undefined;
  #lateAtMs = 0;
  #told = false;
  /** For how long the oldest batch has been waiting for the disk, ms. */
  storeWaitMs: () => number = () => 0;

  constructor(options: HubLagOptions) {
    this.#options = options;
    this.#nowMs = options.monotonicMs ?? (() => performance.now());
  }

  async run(): Promise<void> {
    this.#timer = setInterval(() => this.judge(), JUDGE_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
  }

  record(stage: LagStage, ms: number): void {
    this.#stages[stage].add(ms, this.#nowMs());
  }

  /** By how much the hub is late with what it was sent, ms. */
  get lateMs(): number {
    return Math.max(this.#readMs, this.storeWaitMs());
  }

  get #readMs(): number {
    return Math.max(this.#options.pulse.recentLagMs, this.#stages.queue.read(this.#nowMs()).p50);
  }

  /** Late for a while: it does not keep up. */
  get isBehind(): boolean {
    const sinceMs = this.#lateSinceMs;
    return sinceMs !== undefined && this.#nowMs() - sinceMs >= BEHIND_AFTER_MS;
  }

  /** Late now, or a moment ago. */
  get isLate(): boolean {
    return this.#lateSinceMs !== undefined;
  }

  /** Time that the hub missed since it started, ms. */
  get missedMs(): number {
    return this.#options.pulse.missedMs;
  }

  figures(): LagFigures {
    const nowMs = this.#nowMs();
    const { queue, commit, evaluation, sweep } = this.#stages;
    return {
      loop: this.#options.pulse.lag,
      queue: queue.read(nowMs),
      commit: commit.read(nowMs),
      evaluation: evaluation.read(nowMs),
      sweep: sweep.read(nowMs),
    };
  }

  /** Twice a second. */
  judge(): void {
    const nowMs = this.#nowMs();
    const { lateMs } = this;
    if (lateMs >= LATE_FROM_MS) this.#lateSinceMs ??= nowMs;
    if (lateMs >= IN_TIME_MS) this.#lateAtMs = nowMs;
    if (this.#lateSinceMs !== undefined && nowMs - this.#lateAtMs >= IN_TIME_FOR_MS)
      this.#lateSinceMs = undefined;
    this.#options.pulse.hold(this.isLate);
    this.#tell(lateMs);
  }

  #tell(lateMs: number): void {
    const { issues, log } = this.#options;
    if (!this.isBehind) {
      if (!this.#told) return;
      this.#told = false;
      issues.clear('overload');
      log.warn('the hub keeps up again');
      return;
    }
    const seconds = (lateMs / SECOND_MS).toFixed(1);
    const [does, advice] =
      this.#readMs >= lateMs ? ['reads', 'Give it more CPU'] : ['stores', 'Give it a faster disk'];
    issues.set(
      'overload',
      `The hub cannot keep up: it ${does} what agents send ${seconds} s late. Silence of hosts is not judged meanwhile, and agents are let in slowly. ${advice}, or let agents send less often (--interval).`,
      { down: lateMs >= DOWN_FROM_MS },
    );
    if (this.#told) return;
    this.#told = true;
    log.warn({ lateMs: Math.round(lateMs), stages: this.figures() }, 'the hub cannot keep up');
  }
}

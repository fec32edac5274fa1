import type { AgentExcess } from '@openmanager/protocol';
import { MINUTE_MS, SECOND_MS } from '@openmanager/protocol/durations';
import { Allowance } from '../ports/index.ts';
import { SeriesBound } from './series-bound.ts';

/** What one agent may ask of the hub; what is beyond costs only itself. Defaults in `agentLimitDefaults`. */
export interface AgentLimits {
  /** Different series of one host within a day; those beyond are left out. @default 20_000 */
  readonly seriesPerHost?: number;
  /** Values per second in the long run; above, the agent's socket is read more slowly. @default 150_000 */
  readonly valuesPerSecond?: number;
  /** Values at once after a pause: what an outage left behind. @default 3_000_000 */
  readonly valuesBurst?: number;
  /** Connections per minute in the long run; more are refused. @default 12 */
  readonly connectionsPerMinute?: number;
  /** @default 30 */
  readonly connectionsBurst?: number;
}

export const agentLimitDefaults: Required<AgentLimits> = {
  seriesPerHost: 20_000,
  valuesPerSecond: 150_000,
  valuesBurst: 3_000_000,
  connectionsPerMinute: 12,
  connectionsBurst: 30,
};

/** What a message costs besides its values: reading and judging it takes about as long as this many values. */
const MESSAGE_COST = 100;
/** A text message is parsed as JSON, and each key is checked. */
const COST_PER_BYTE = 1;
/** An agent that was slowed down or refused is told of for this long. */
const TOLD_MS = 5 * MINUTE_MS;

/** The limits of one agent, over all its connections. */
export class AgentBounds {
  readonly series: SeriesBound;
  readonly #values: Allowance;
  readonly #connections: Allowance;
  /** Series left out, by set of the newest connection. */
  readonly #leftOut = new Map<string, number>();
  #slowedMs = Number.NEGATIVE_INFINITY;
  #refusedMs = Number.NEGATIVE_INFINITY;

  constructor(limits: Required<AgentLimits>) {
    this.series = new SeriesBound(limits.seriesPerHost);
    this.#values = new Allowance(limits.valuesPerSecond, limits.valuesBurst);
    this.#connections = new Allowance(
      (limits.connectionsPerMinute * SECOND_MS) / MINUTE_MS,
      limits.connectionsBurst,
    );
  }

  /** A new connection; answers after how long it may come again, ms, when it is one too many. */
  connects(): number {
    const waitMs = this.#connections.take();
    if (waitMs > 0) this.#refusedMs = performance.now();
    else this.#leftOut.clear();
    return waitMs;
  }

  /** A batch was read; answers for how long to read nothing more, ms. */
  batch(values: number): number {
    return this.#spend(values);
  }

  text(bytes: number): number {
    return this.#spend(bytes * COST_PER_BYTE);
  }

  leftOut(setId: string, count: number): void {
    this.#leftOut.set(setId, count);
  }

  get seriesLeftOut(): number {
    let sum = 0;
    for (const count of this.#leftOut.values()) sum += count;
    return sum;
  }

  excess(): AgentExcess | undefined {
    const sinceMs = performance.now() - TOLD_MS;
    const { seriesLeftOut } = this;
    const slowedDown = this.#slowedMs > sinceMs;
    const connectionsRefused = this.#refusedMs > sinceMs;
    return seriesLeftOut > 0 || slowedDown || connectionsRefused
      ? { seriesLeftOut, slowedDown, connectionsRefused }
      : undefined;
  }

  #spend(cost: number): number {
    const waitMs = this.#values.spend(cost + MESSAGE_COST);
    if (waitMs > 0) this.#slowedMs = performance.now();
    return waitMs;
  }
}

export function excessText(excess: AgentExcess): string {
  return [
    ...(excess.seriesLeftOut > 0 ? [`${excess.seriesLeftOut} series left out`] : []),
    ...(excess.slowedDown ? ['sends too fast, read more slowly'] : []),
    ...(excess.connectionsRefused ? ['connects again and again'] : []),
  ].join(', ');
}

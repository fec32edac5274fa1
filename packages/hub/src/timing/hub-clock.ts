/**
 * The hub's time: the machine's wall clock, but for a jump of it that the agents contradict.
 *
 *            jump, agents connected                the jump is taken back
 *   steady ─────────────────────────▶ holding ────────────────────────────▶ steady
 *     │                                  │
 *     │ jump, nobody to ask              │ most agents agree with the new time, or nobody can be asked
 *     ▼                                  ▼
 *   steady, time has moved            steady, time has moved
 *
 * While it holds, the hub goes on by its monotonic clock from the time before. A jump is noticed by whoever asks for
 * the time first, so that nobody ever sees a time that is not held to.
 */
import type { Clock } from '../ports/index.ts';

/** A jump smaller than this is followed at once: no judgement depends on it. */
export const STEP_MS = 5_000;
/** An agent's newest row may be this old, besides its interval, and still say what time it is. */
const VOTE_SLACK_MS = 10_000;
/** With nobody to ask for this long the wall clock is believed. */
const UNASKED_MS = 60_000;
/** Both clocks are read within this, or read again: the process may be stopped between. */
const READ_TOGETHER_MS = 5;

export interface HubClockOptions {
  readonly wall: Clock;
  /** Ms that only grow. @default performance.now */
  readonly monotonicMs?: () => number;
}

export type ClockChange =
  /** The wall clock jumped; the hub does not follow for now. */
  | { readonly kind: 'held'; readonly stepMs: number }
  /** The hub's time moved by this. */
  | { readonly kind: 'moved'; readonly stepMs: number }
  /** The wall clock is where it was. */
  | { readonly kind: 'returned'; readonly stepMs: number };

export class HubClock implements Clock {
  /** Agents that could say what time it is. */
  voters: () => number = () => 0;
  readonly #options: Required<HubClockOptions>;
  readonly #listeners = new Set<(change: ClockChange) => void>();
  /** By agent, since the jump: whether it agrees with the wall clock. */
  readonly #votes = new Map<string, boolean>();
  /** Wall clock minus hub time. */
  #heldMs = 0;
  #askedMs = 0;
  #wallMs: number;
  #monotonicMs: number;

  constructor(options: HubClockOptions) {
    const { wall } = options;
    this.#options = {
      monotonicMs: () => wall.steadyMs?.() ?? performance.now(),
      ...options,
    };
    [this.#wallMs, this.#monotonicMs] = this.#read();
  }

  /** How far the wall clock is from the hub's time; 0 unless a jump is held. */
  get heldMs(): number {
    return this.#heldMs;
  }

  now(): number {
    const [wallMs, monotonicMs] = this.#read();
    const stepMs = wallMs - this.#wallMs - (monotonicMs - this.#monotonicMs);
    this.#wallMs = wallMs;
    this.#monotonicMs = monotonicMs;
    if (Math.abs(stepMs) >= STEP_MS) this.#jumped(Math.round(stepMs));
    else if (this.#heldMs !== 0 && monotonicMs - this.#askedMs > UNASKED_MS) this.#follow();
    return wallMs - this.#heldMs;
  }

  onChange(listener: (change: ClockChange) => void): void {
    this.#listeners.add(listener);
  }

  /**
   * What an agent's clock showed, up to an interval ago. Counts while a jump is held, and only where it is about now by
   * the hub's time or by the wall clock: others' clocks are off anyway.
   */
  heard(agentId: string, agentMs: number, intervalMs: number): void {
    const hubMs = this.now();
    const heldMs = this.#heldMs;
    if (heldMs === 0) return;
    const before = Math.abs(agentMs - hubMs);
    const after = Math.abs(agentMs - hubMs - heldMs);
    if (Math.min(before, after) > VOTE_SLACK_MS + intervalMs) return;
    this.#votes.set(agentId, after < before);
    this.#askedMs = this.#monotonicMs;
    this.#count();
  }

  #jumped(stepMs: number): void {
    const before = this.#heldMs;
    this.#heldMs += stepMs;
    this.#votes.clear();
    this.#askedMs = this.#monotonicMs;
    if (Math.abs(this.#heldMs) < STEP_MS) {
      // What is left of it is followed, as any small step is.
      this.#heldMs = 0;
      this.#tell({ kind: 'returned', stepMs: before });
    } else if (this.voters() === 0) this.#follow();
    else this.#tell({ kind: 'held', stepMs: this.#heldMs });
  }

  #count(): void {
    let agree = 0;
    for (const vote of this.#votes.values()) if (vote) agree++;
    const all = this.#votes.size;
    if (agree * 2 > all && all * 2 >= this.voters()) this.#follow();
  }

  #follow(): void {
    const stepMs = this.#heldMs;
    this.#heldMs = 0;
    this.#votes.clear();
    this.#tell({ kind: 'moved', stepMs });
  }

  #tell(change: ClockChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  #read(): readonly [wallMs: number, monotonicMs: number] {
    const { wall, monotonicMs } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const beforeMs = monotonicMs();
      const wallMs = wall.now();
      const afterMs = monotonicMs();
      if (afterMs - beforeMs < READ_TOGETHER_MS || attempt === 3) return [wallMs, afterMs];
    }
  }
}

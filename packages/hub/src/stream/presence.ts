/**
 * Whether samples of a host arrive.
 *
 *              connected, heard                quiet
 *   expected ────────────────────▶ online ───────────────▶ stale
 *      │                           ▲    │                  │   │
 *      │ silent              heard │    │ silent     heard │   │ silent
 *      ▼                           │    ▼                  ▼   ▼
 *   offline ───────────────────────┘  offline           online  offline
 *
 * expected: known, but not heard since the hub started; shown as stale. An open connection speaks for a host only
 * there: once samples came, only samples count. A connection that ends says nothing, since agents come back.
 */
import type { HostStatus } from '@openmanager/protocol';

export const presenceStates = ['expected', 'online', 'stale', 'offline'] as const;
export type PresenceState = (typeof presenceStates)[number];

export const presenceEvents = ['connected', 'heard', 'quiet', 'silent'] as const;
/** quiet: some sample intervals without a sample. silent: long enough to be taken for gone. */
export type PresenceEvent = (typeof presenceEvents)[number];

const table: { readonly [S in PresenceState]: { readonly [E in PresenceEvent]: PresenceState } } = {
  expected: { connected: 'online', heard: 'online', quiet: 'expected', silent: 'offline' },
  online: { connected: 'online', heard: 'online', quiet: 'stale', silent: 'offline' },
  stale: { connected: 'stale', heard: 'online', quiet: 'stale', silent: 'offline' },
  offline: { connected: 'offline', heard: 'online', quiet: 'offline', silent: 'offline' },
};

export function nextPresence(state: PresenceState, event: PresenceEvent): PresenceState {
  return table[state][event];
}

export function shownStatus(state: PresenceState): HostStatus {
  return state === 'expected' ? 'stale' : state;
}

export interface PresenceLimits {
  /** Sample intervals without a sample after which a host is stale. */
  readonly staleIntervals: number;
  /** Silence after which a host is offline, ms; for slow hosts it is never before they are stale. */
  readonly offlineMs: number;
}

/** One host's presence; the caller brings the time, epoch ms. Each method answers the state before. */
export class Presence {
  readonly #limits: PresenceLimits;
  #state: PresenceState = 'expected';
  #heardMs: number;
  #intervalMs: number;
  #nextIntervalMs: number;

  constructor(limits: PresenceLimits, intervalMs: number, nowMs: number) {
    this.#limits = limits;
    this.#heardMs = nowMs;
    this.#intervalMs = intervalMs;
    this.#nextIntervalMs = intervalMs;
  }

  get state(): PresenceState {
    return this.#state;
  }

  /** A shorter interval holds from the next sample on: the agent may not know of it yet. */
  setInterval(intervalMs: number): void {
    this.#nextIntervalMs = intervalMs;
    this.#intervalMs = Math.max(this.#intervalMs, intervalMs);
  }

  heard(nowMs: number): PresenceState {
    this.#heardMs = nowMs;
    this.#intervalMs = this.#nextIntervalMs;
    return this.#apply('heard');
  }

  connected(nowMs: number): PresenceState {
    if (this.#state === 'expected') this.#heardMs = nowMs;
    return this.#apply('connected');
  }

  /** The hub itself missed this much: not counted as silence of the host. Negative after its clock was set back. */
  missed(ms: number, nowMs: number): void {
    this.#heardMs = Math.min(this.#heardMs + ms, nowMs);
  }

  elapsed(nowMs: number): PresenceState {
    // A wall clock that was set back must not hide a silence for as long.
    this.#heardMs = Math.min(this.#heardMs, nowMs);
    const silentMs = nowMs - this.#heardMs;
    const staleMs = this.#limits.staleIntervals * this.#intervalMs;
    if (silentMs >= Math.max(staleMs, this.#limits.offlineMs)) return this.#apply('silent');
    return silentMs >= staleMs ? this.#apply('quiet') : this.#state;
  }

  #apply(event: PresenceEvent): PresenceState {
    const before = this.#state;
    this.#state = nextPresence(before, event);
    return before;
  }
}

/** Incidents that come and go: each starts at random, grows, holds and fades. */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { clamp } from './noise.ts';

export const incidentKinds = [
  'cpu-runaway',
  'memory-leak',
  'disk-filling',
  'traffic-surge',
  'slow-disk',
] as const;
export type IncidentKind = (typeof incidentKinds)[number];

export interface Incident {
  readonly kind: IncidentKind;
  readonly startMs: number;
  readonly durationMs: number;
}

/** Mean time between incidents of one host. */
export const MEAN_PAUSE_MS: number = 90 * MINUTE_MS;

export class Incidents {
  #current: Incident | undefined;
  #nextStartMs: number;
  readonly #random: () => number;

  constructor(random: () => number, nowMs: number) {
    this.#random = random;
    this.#nextStartMs = nowMs + this.#pause();
  }

  #pause(): number {
    return -Math.log(1 - this.#random()) * MEAN_PAUSE_MS;
  }

  /** Strength 0–1 of each kind at a time; time never runs backwards. */
  strength(kind: IncidentKind, nowMs: number): number {
    if (!this.#current && nowMs >= this.#nextStartMs) {
      const index = Math.floor(this.#random() * incidentKinds.length);
      this.#current = {
        kind: incidentKinds[index] as IncidentKind,
        startMs: nowMs,
        durationMs: (2 + this.#random() * 8) * MINUTE_MS,
      };
    }
    if (!this.#current) return 0;
    const progress = (nowMs - this.#current.startMs) / this.#current.durationMs;
    if (progress >= 1) {
      this.#current = undefined;
      this.#nextStartMs = nowMs + this.#pause();
      return 0;
    }
    if (this.#current.kind !== kind) return 0;
    // A fifth of the time to rise, a fifth to fall.
    return clamp(Math.min(progress, 1 - progress) * 5, 0, 1);
  }
}

const SAMPLES = 8;

/**
 * The hub's clock seen from here. Of the last probes the one with the shortest round trip is believed, since
 * its error is at most half of that.
 */
export class HubClock {
  #samples: { readonly rttMs: number; readonly offsetMs: number }[] = [];

  /** `hubTimeMs` was answered by a probe that took `rttMs` and came back at `nowMs`. */
  measured(hubTimeMs: number, rttMs: number, nowMs: number): void {
    this.#samples.push({ rttMs, offsetMs: hubTimeMs + rttMs / 2 - nowMs });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
  }

  /** After a reconnect it may be another hub, or this machine slept. */
  reset(): void {
    // The last offset stays until the first probe of the new connection, as the best guess.
    this.#samples = this.#samples.slice(-1).map(({ offsetMs }) => ({ offsetMs, rttMs: Infinity }));
  }

  /** Hub time minus local time, ms; 0 until measured. */
  get offsetMs(): number {
    let best: { rttMs: number; offsetMs: number } | undefined;
    for (const sample of this.#samples) if (!best || sample.rttMs < best.rttMs) best = sample;
    return best?.offsetMs ?? 0;
  }
}

/** An alert that fires this often is named flapping, and stays until it has been quiet for a while. */
export interface FlappingOptions {
  /** Times it fires within the window. @default 5 */
  readonly fires: number;
  /** @default 30 min */
  readonly windowMs: number;
  /** How long its value must be clear before a flapping alert resolves. @default 15 min */
  readonly quietMs: number;
}

export const flappingDefaults: FlappingOptions = {
  fires: 5,
  windowMs: 1_800_000,
  quietMs: 900_000,
};

/** Instances of one host that are remembered; beyond it those that fired longest ago are forgotten. */
export const FLAP_MEMORY = 1_000;

/** When the instances of one host fired, as far as it may still make them flapping. */
export class Flaps {
  readonly #options: FlappingOptions;
  readonly #fired = new Map<string, number[]>();

  constructor(options: FlappingOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#fired.size;
  }

  /** Notes that an instance fired; answers how often it did within the window when that makes it flapping. */
  fired(instanceKey: string, atMs: number): number | undefined {
    const { fires, windowMs } = this.#options;
    const times = (this.#fired.get(instanceKey) ?? []).filter((time) => atMs - time <= windowMs);
    times.push(atMs);
    if (times.length > fires) times.shift();
    // Set anew, so that the map is in the order of the newest time.
    this.#fired.delete(instanceKey);
    this.#fired.set(instanceKey, times);
    for (const key of this.#fired.keys()) {
      const newest = this.#fired.get(key)?.at(-1) ?? 0;
      if (this.#fired.size <= FLAP_MEMORY && atMs - newest <= windowMs) break;
      this.#fired.delete(key);
    }
    return times.length >= fires ? times.length : undefined;
  }

  forget(instanceKey: string): void {
    this.#fired.delete(instanceKey);
  }
}

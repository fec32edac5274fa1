/** An alert that fires this often is named flapping, and stays until it has been quiet for a while. */
export interface FlappingOptions {
  /** It is enough that one of them holds. @default 5 within an hour, 10 within 6 h */
  readonly limits: readonly { readonly fires: number; readonly withinMs: number }[];
  /** How long its value must be clear at least before a flapping alert resolves. @default 15 min */
  readonly quietMs: number;
  /** And at most: twice as long as it took from one firing to the next, up to here. @default 2 h */
  readonly quietMostMs: number;
}

export const flappingDefaults: FlappingOptions = {
  limits: [
    { fires: 5, withinMs: 3_600_000 },
    { fires: 10, withinMs: 21_600_000 },
  ],
  quietMs: 900_000,
  quietMostMs: 7_200_000,
};

/** Instances of one host that are remembered; beyond it those that fired longest ago are forgotten. */
export const FLAP_MEMORY = 1_000;

export interface Flapping {
  /** How often it fired lately. */
  readonly fires: number;
  /** How long it has to be quiet. */
  readonly quietMs: number;
}

/** When the instances of one host fired, as far as it may still make them flapping. */
export class Flaps {
  readonly #options: FlappingOptions;
  readonly #most: number;
  readonly #withinMs: number;
  readonly #fired = new Map<string, number[]>();

  constructor(options: FlappingOptions) {
    this.#options = options;
    this.#most = Math.max(...options.limits.map(({ fires }) => fires));
    this.#withinMs = Math.max(...options.limits.map(({ withinMs }) => withinMs));
  }

  get size(): number {
    return this.#fired.size;
  }

  /** Notes that an instance fired; answers how it flaps when that makes it flapping. */
  fired(instanceKey: string, atMs: number): Flapping | undefined {
    const times = (this.#fired.get(instanceKey) ?? []).filter(
      (time) => atMs - time <= this.#withinMs,
    );
    times.push(atMs);
    if (times.length > this.#most) times.shift();
    // Set anew, so that the map is in the order of the newest time.
    this.#fired.delete(instanceKey);
    this.#fired.set(instanceKey, times);
    for (const key of this.#fired.keys()) {
      const newest = this.#fired.get(key)?.at(-1) ?? 0;
      if (this.#fired.size <= FLAP_MEMORY && atMs - newest <= this.#withinMs) break;
      this.#fired.delete(key);
    }
    return this.#judge(times, atMs);
  }

  #judge(times: readonly number[], atMs: number): Flapping | undefined {
    const { limits, quietMs, quietMostMs } = this.#options;
    for (const { fires, withinMs } of limits) {
      const lately = times.filter((time) => atMs - time <= withinMs);
      if (lately.length < fires) continue;
      const gapMs = (atMs - (lately[0] ?? atMs)) / (lately.length - 1);
      return {
        fires: lately.length,
        quietMs: Math.min(quietMostMs, Math.max(quietMs, 2 * gapMs)),
      };
    }
    return undefined;
  }

  forget(instanceKey: string): void {
    this.#fired.delete(instanceKey);
  }
}

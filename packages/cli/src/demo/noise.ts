/** A seeded source of numbers in [0, 1): mulberry32, period 2^32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Noise that wanders around 0 and returns to it: an AR(1) process with standard deviation about `spread`. */
export class Wander {
  #value = 0;
  readonly #random: () => number;
  readonly #spread: number;
  readonly #memory: number;

  constructor(random: () => number, spread: number, memory = 0.95) {
    this.#random = random;
    this.#spread = spread;
    this.#memory = memory;
  }

  next(): number {
    // The sum of three uniforms is close enough to a normal deviate; its variance is 1/4.
    const normal = (this.#random() + this.#random() + this.#random() - 1.5) * 2;
    this.#value =
      this.#memory * this.#value + Math.sqrt(1 - this.#memory ** 2) * this.#spread * normal;
    return this.#value;
  }
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

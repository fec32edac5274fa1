/** What does not work at the moment, by part. `health` is degraded while there is any. */
export class Problems {
  readonly #byPart = new Map<string, string>();

  set(part: string, sentence: string): void {
    this.#byPart.set(part, sentence);
  }

  clear(part: string): void {
    this.#byPart.delete(part);
  }

  list(): readonly string[] {
    return [...this.#byPart.values()];
  }
}

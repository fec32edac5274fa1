/** What does not work at the moment, by part. `health` is degraded while there is any. */
export class HealthIssues {
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

  /** Whether the store takes data: the error of a write, or undefined once one succeeded again. */
  store(error: unknown): void {
    if (error === undefined) this.clear('store');
    else
      this.set(
        'store',
        'The store does not take data: check the disk space and permissions of the data folder. Agents keep their data meanwhile.',
      );
  }
}

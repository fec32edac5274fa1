/** What one query may use: memory is bounded by what it loads, computes and names, not by how it is written. */
import { PromqlError } from './promql-error.ts';

/** Values of all parts of a query together, as a multiple of what one part may have. */
const PARTS = 20;
/** Text of labels that a query makes, bytes. */
const LABEL_BYTES = 64 * 1024 * 1024;
const BYTES_PER_CHARACTER = 2;

export class Budget {
  readonly #maxPoints: number;
  #loaded = 0;
  #values = 0;
  #labelBytes = 0;

  constructor(maxPoints: number) {
    this.#maxPoints = maxPoints;
  }

  /** Points that came from the store. */
  load(points: number): void {
    this.#loaded += points;
    if (this.#loaded > this.#maxPoints)
      throw tooMuch(
        `${this.#loaded} points are more than ${this.#maxPoints}; ask for fewer series or a shorter span`,
      );
  }

  /** One part of the query, before it is computed. */
  part(series: number, steps: number): void {
    const values = series * steps;
    this.#values += values;
    if (values > this.#maxPoints)
      throw tooMuch(
        `${series} series of ${steps} steps are more than ${this.#maxPoints}; ask for fewer series, a shorter span or a wider step`,
      );
    if (this.#values > PARTS * this.#maxPoints)
      throw tooMuch(
        `its parts have more than ${PARTS * this.#maxPoints} values together; ask for less at once`,
      );
  }

  /** Text of a label, before it is made. */
  label(characters: number): void {
    this.#labelBytes += characters * BYTES_PER_CHARACTER;
    if (this.#labelBytes > LABEL_BYTES)
      throw new PromqlError(
        'execution',
        `query processing would make more than ${LABEL_BYTES / 1024 / 1024} MB of label text; use fewer or shorter replacements`,
      );
  }
}

function tooMuch(why: string): PromqlError {
  return new PromqlError(
    'execution',
    `query processing would load too many samples into memory: ${why}`,
  );
}

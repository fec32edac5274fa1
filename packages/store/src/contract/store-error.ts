/**
 * `overloaded`: more is waiting to be committed than the bound allows; try again later. `too-large`: the answer
 * would pass its bound; ask for less, or a wider step. `cancelled`: by the caller's signal. `invalid`: the question
 * or the text to import is not well formed; the message names the field or the line. `missing`: the database is not
 * there, or not the one that was opened. `disk-error`: the system could not read or write, or a quota is used up.
 */
export type StoreErrorCode =
  | 'too-large'
  | 'cancelled'
  | 'invalid'
  | 'read-only'
  | 'newer-version'
  | 'older-version'
  | 'in-use'
  | 'corrupt'
  | 'full'
  | 'overloaded'
  | 'closed'
  | 'missing'
  | 'disk-error'
  | 'failed';

export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string) {
    super(message);
    this.name = 'StoreError';
    this.code = code;
  }
}

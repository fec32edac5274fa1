import {
  limits,
  parseSeriesKey,
  ProtocolError,
  seriesSchema,
  seriesSetId,
} from '@openmanager/protocol';
import * as v from 'valibot';

/** The sets that an agent declared on its connection. */
export class SeriesSets {
  readonly #sets = new Map<string, readonly string[]>();

  get(id: string): readonly string[] | undefined {
    return this.#sets.get(id);
  }

  /** Throws `invalid-input` for a key that is no series or an id that is not of these keys. */
  declare(id: string, keys: readonly string[]): void {
    if (this.#sets.has(id)) return;
    if (this.#sets.size >= limits.setsPerConnection)
      throw new ProtocolError(
        'too-many-requests',
        `More than ${limits.setsPerConnection} series sets on one connection.`,
      );
    if (seriesSetId(keys) !== id)
      throw new ProtocolError('invalid-input', 'The set id is not of these keys.', 'id');
    if (new Set(keys).size !== keys.length)
      throw new ProtocolError('invalid-input', 'A series occurs twice.', 'keys');
    for (const key of keys)
      if (!v.is(seriesSchema, parseSeriesKey(key)))
        throw new ProtocolError(
          'invalid-input',
          `Not a series: ${key.slice(0, limits.nameLength)}`,
          'keys',
        );
    this.#sets.set(id, keys);
  }
}

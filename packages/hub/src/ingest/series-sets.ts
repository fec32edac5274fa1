import {
  limits,
  parseSeriesKey,
  ProtocolError,
  seriesSchema,
  seriesSetId,
} from '@openmanager/protocol';
import * as v from 'valibot';

/** A set as declared, and what of it is taken. */
export interface DeclaredSet {
  readonly keys: readonly string[];
  readonly taken: {
    readonly setId: string;
    readonly keys: readonly string[];
    /** In `keys` as declared; undefined: all of them. */
    readonly places: readonly number[] | undefined;
  };
}

/** The sets that an agent declared on its connection. */
export class SeriesSets {
  readonly #sets = new Map<string, DeclaredSet>();

  get(id: string): DeclaredSet | undefined {
    return this.#sets.get(id);
  }

  /**
   * `take` answers the places of the series that are taken, undefined for all; answers how many are left out. Throws
   * `invalid-input` for a key that is no series or an id that is not of these keys.
   */
  declare(
    id: string,
    keys: readonly string[],
    take: (id: string, keys: readonly string[]) => readonly number[] | undefined,
  ): number {
    if (this.#sets.has(id)) return 0;
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
    const places = take(id, keys);
    const taken = places?.map((place) => keys[place] as string) ?? keys;
    const setId = places ? seriesSetId(taken) : id;
    this.#sets.set(id, { keys, taken: { setId, keys: taken, places } });
    return keys.length - taken.length;
  }
}

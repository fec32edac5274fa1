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

export interface RefusedSeries {
  readonly key: string;
  readonly reason: string;
}

/** The sets that an agent declared on its connection. */
export class SeriesSets {
  readonly #sets = new Map<string, DeclaredSet>();

  get(id: string): DeclaredSet | undefined {
    return this.#sets.get(id);
  }

  /**
   * Refuses the second of two equal series and what is no series by name; the others are taken. Of those `take` answers
   * the places that there is room for, undefined for all. Throws `invalid-input` for an id that is not of these keys.
   */
  declare(
    id: string,
    keys: readonly string[],
    take: (id: string, keys: readonly string[]) => readonly number[] | undefined,
  ): { readonly refused: readonly RefusedSeries[]; readonly leftOut: number } {
    if (this.#sets.has(id)) return { refused: [], leftOut: 0 };
    if (this.#sets.size >= limits.setsPerConnection)
      throw new ProtocolError(
        'too-many-requests',
        `More than ${limits.setsPerConnection} series sets on one connection.`,
      );
    if (seriesSetId(keys) !== id)
      throw new ProtocolError('invalid-input', 'The set id is not of these keys.', 'id');
    const sound: number[] = [];
    const refused: RefusedSeries[] = [];
    const seen = new Set<string>();
    for (const [place, key] of keys.entries()) {
      const reason = seen.has(key) ? 'it is there twice' : faultOf(key);
      seen.add(key);
      if (reason === undefined) sound.push(place);
      else refused.push({ key: key.slice(0, limits.nameLength), reason });
    }
    const soundKeys = refused.length === 0 ? keys : sound.map((place) => keys[place] as string);
    const fitting = take(id, soundKeys);
    const places =
      fitting?.map((place) => sound[place] as number) ?? (refused.length === 0 ? undefined : sound);
    const taken = places?.map((place) => keys[place] as string) ?? keys;
    const setId = places ? seriesSetId(taken) : id;
    this.#sets.set(id, { keys, taken: { setId, keys: taken, places } });
    return { refused, leftOut: soundKeys.length - taken.length };
  }
}

/** Why a key is no series. */
function faultOf(key: string): string | undefined {
  try {
    const result = v.safeParse(seriesSchema, parseSeriesKey(key));
    return result.success ? undefined : result.issues[0].message;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

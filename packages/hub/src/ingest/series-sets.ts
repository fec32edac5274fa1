import {
  limits,
  parseSeriesKey,
  ProtocolError,
  seriesSchema,
  seriesSetId,
} from '@openmanager/protocol';
import * as v from 'valibot';

/** A set as it is stored: without what cannot be. */
export interface DeclaredSet {
  readonly setId: string;
  readonly keys: readonly string[];
  /** Series as the agent declared them: so many columns its batches have. */
  readonly declared: number;
  /** Columns of `keys` among those; undefined when all are stored. */
  readonly columns: readonly number[] | undefined;
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
   * Answers the series that are refused: the second of two equal ones, and what is no series. They cost nobody else
   * anything. Throws `invalid-input` for an id that is not of these keys.
   */
  declare(id: string, keys: readonly string[]): readonly RefusedSeries[] {
    if (this.#sets.has(id)) return [];
    if (this.#sets.size >= limits.setsPerConnection)
      throw new ProtocolError(
        'too-many-requests',
        `More than ${limits.setsPerConnection} series sets on one connection.`,
      );
    if (seriesSetId(keys) !== id)
      throw new ProtocolError('invalid-input', 'The set id is not of these keys.', 'id');
    const columns: number[] = [];
    const refused: RefusedSeries[] = [];
    const seen = new Set<string>();
    for (const [column, key] of keys.entries()) {
      const reason = seen.has(key) ? 'it is there twice' : faultOf(key);
      seen.add(key);
      if (reason === undefined) columns.push(column);
      else refused.push({ key: key.slice(0, limits.nameLength), reason });
    }
    const kept = refused.length === 0 ? keys : columns.map((column) => keys[column] as string);
    this.#sets.set(id, {
      setId: refused.length === 0 ? id : seriesSetId(kept),
      keys: kept,
      declared: keys.length,
      columns: refused.length === 0 ? undefined : columns,
    });
    return refused;
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

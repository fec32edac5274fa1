/**
 * A named collection of records of one type. Each name is declared once in the whole hub, so that no two domains
 * write into one collection by accident.
 */
import type { RecordChange, RecordStore } from '@openmanager/store';

export interface Collection<T> {
  readonly name: string;
  put(key: string, value: T): RecordChange;
  remove(key: string): RecordChange;
  entries(records: Pick<RecordStore, 'entries'>): Promise<readonly (readonly [string, T])[]>;
  /** Of the largest keys, descending; only those before a key when given. */
  latest(
    records: Pick<RecordStore, 'latest'>,
    limit: number,
    before?: string,
  ): Promise<readonly (readonly [string, T])[]>;
}

const names = new Set<string>();

/**
 * Declares a collection, at the top of the module that owns it. Throws when the name is taken. `upgrade` brings a record
 * of an older form into today's when it is read.
 */
export function collection<T>(name: string, upgrade?: (stored: T) => T): Collection<T> {
  if (names.has(name)) throw new Error(`The collection “${name}” is declared twice.`);
  names.add(name);
  return {
    name,
    put: (key, value) => ({ collection: name, key, value }),
    remove: (key) => ({ collection: name, key, remove: true }),
    entries: async (records) => upgraded(await records.entries<T>(name), upgrade),
    latest: async (records, limit, before) =>
      upgraded(await records.latest<T>(name, limit, before), upgrade),
  };
}

type Entries<T> = readonly (readonly [string, T])[];

function upgraded<T>(entries: Entries<T>, upgrade?: (stored: T) => T): Entries<T> {
  return upgrade ? entries.map(([key, value]) => [key, upgrade(value)] as const) : entries;
}

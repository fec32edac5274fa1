/**
 * Small records beside the samples (users, agents, sessions, rules, alerts, events): JSON values by
 * collection and key. Each call resolves when it is durable; `write` applies all or nothing.
 */
export interface RecordStore {
  entries<T>(collection: string): Promise<readonly (readonly [key: string, value: T])[]>;
  /** Newest keys first by descending key order, at most `limit`, only keys below `before` when given. */
  latest<T>(
    collection: string,
    limit: number,
    before?: string,
  ): Promise<readonly (readonly [key: string, value: T])[]>;
  write(changes: readonly RecordChange[]): Promise<void>;
}

export type RecordChange =
  | { readonly collection: string; readonly key: string; readonly value: unknown }
  | { readonly collection: string; readonly key: string; readonly remove: true };

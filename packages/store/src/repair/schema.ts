/** Where each table begins: as the file says, and where its first page is damaged, as the hub makes its files. */
import { DatabaseSync } from 'node:sqlite';
import { tables as tablesSql } from '../file/tables.ts';
import { readBtreePage } from './btree-page.ts';
import type { Pages } from './pages.ts';
import type { Table } from './salvage.ts';

const TIER = /^tier_(\d{4,12})$/;
const DEFAULT_TIERS = ['tier_60000', 'tier_900000', 'tier_7200000'];
const KNOWN = new Set([
  'host',
  'removed_host',
  'record',
  'counter',
  'series_set',
  'chunk',
  'head',
  'pending',
  'removed_before',
  'damaged',
]);

export interface Schema {
  readonly tables: ReadonlyMap<string, Table>;
  /** Tables whose place was not in the file, and is the usual one. */
  readonly guessed: readonly string[];
}

export function tierBucketMs(table: string): number | undefined {
  const found = TIER.exec(table)?.[1];
  return found === undefined ? undefined : Number(found);
}

export function readSchema(pages: Pages): Schema {
  const tables = new Map<string, Table>();
  const usual = usualTables();
  for (const { values } of readBtreePage(pages, 1)?.rows ?? []) {
    const [type, name, , root] = values;
    if (type !== 'table' || typeof name !== 'string' || typeof root !== 'number') continue;
    if (!KNOWN.has(name) && !TIER.test(name)) continue;
    // The tree itself says of which kind it is; where its root is damaged, all tiers are tables with row ids.
    const kind = usual.get(name)?.kind ?? 'table';
    if (root >= 3 && root <= pages.count) tables.set(name, { name, root, kind });
  }
  const taken = new Set([...tables.values()].map(({ root }) => root));
  const guessed = [...usual.values()].filter(
    ({ name, root }) => !tables.has(name) && !taken.has(root) && root <= pages.count,
  );
  for (const table of guessed) tables.set(table.name, table);
  return { tables, guessed: guessed.map(({ name }) => name) };
}

function usualTables(): Map<string, Table> {
  const database = new DatabaseSync(':memory:');
  try {
    database.exec(`PRAGMA auto_vacuum = INCREMENTAL; ${tablesSql}`);
    for (const name of DEFAULT_TIERS)
      database.exec(`CREATE TABLE ${name} (id INTEGER PRIMARY KEY, data BLOB NOT NULL)`);
    const rows = database
      .prepare("SELECT name, rootpage, sql FROM sqlite_schema WHERE type = 'table'")
      .all();
    return new Map(
      rows.map((row) => {
        const name = String(row['name']);
        const kind = String(row['sql']).includes('WITHOUT ROWID') ? 'index' : 'table';
        return [name, { name, root: Number(row['rootpage']), kind }];
      }),
    );
  } finally {
    database.close();
  }
}

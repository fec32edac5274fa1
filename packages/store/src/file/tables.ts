/** The layout of the database; docs/format/store.md says what each table holds. */
export const tables: string = `
  CREATE TABLE host (
    number INTEGER PRIMARY KEY,
    host_id TEXT NOT NULL UNIQUE,
    boot_epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    sum INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE removed_host (number INTEGER PRIMARY KEY);
  CREATE TABLE record (
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    sum INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (collection, key)
  ) WITHOUT ROWID;
  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE series_set (
    host INTEGER NOT NULL,
    number INTEGER NOT NULL,
    set_id TEXT NOT NULL,
    keys TEXT NOT NULL,
    first_window INTEGER NOT NULL,
    last_window INTEGER NOT NULL,
    first_stripe INTEGER NOT NULL,
    sum INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (host, number)
  ) WITHOUT ROWID;
  CREATE TABLE chunk (id INTEGER PRIMARY KEY, samples INTEGER NOT NULL, data BLOB NOT NULL);
  CREATE TABLE head (id INTEGER PRIMARY KEY, samples INTEGER NOT NULL, data BLOB NOT NULL);
  CREATE TABLE pending (
    bucket_ms INTEGER NOT NULL,
    host INTEGER NOT NULL,
    window INTEGER NOT NULL,
    PRIMARY KEY (bucket_ms, host, window)
  ) WITHOUT ROWID;
  CREATE TABLE removed_before (
    bucket_ms INTEGER NOT NULL,
    host INTEGER NOT NULL,
    window INTEGER NOT NULL,
    PRIMARY KEY (bucket_ms, host)
  ) WITHOUT ROWID;
  CREATE TABLE damaged (
    source TEXT NOT NULL,
    id INTEGER NOT NULL,
    found_ms INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (source, id, found_ms)
  );
  INSERT INTO counter VALUES ('samples', 0), ('stripes', 1), ('sets', 0), ('late', 0);
`;

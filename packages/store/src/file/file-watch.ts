/**
 * Notices that the files of the open database are no longer those at their paths: deleted, moved away, or replaced by a
 * restore while the hub runs. SQLite goes on writing to what it has open, which is lost when the process ends.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FILE_NAME } from './database.ts';

const MAGIC = 'SQLite format 3\0';

interface Identity {
  readonly path: string;
  readonly name: string;
  readonly device: bigint;
  readonly inode: bigint;
}

export class FileWatch {
  readonly #files: readonly Identity[];
  /** Of the file itself; it only grows while this process is the one that writes. */
  #changes = 0;

  /** To be made right after the database was opened and written to, when it has its log and index. */
  constructor(folder: string) {
    this.#files = ['', '-wal', '-shm'].flatMap((ending) => {
      const name = FILE_NAME + ending;
      const path = join(folder, name);
      const found = statSync(path, { bigint: true, throwIfNoEntry: false });
      return found ? [{ path, name, device: found.dev, inode: found.ino }] : [];
    });
  }

  /** What is wrong, as the end of a sentence; undefined while everything is in its place. */
  look(): string | undefined {
    for (const { path, name, device, inode } of this.#files) {
      const found = statSync(path, { bigint: true, throwIfNoEntry: false });
      if (!found) return `${name} was deleted or moved away`;
      if (found.dev !== device || found.ino !== inode) return `${name} was replaced`;
    }
    const [main] = this.#files;
    const changes = main && changesOf(main.path);
    // A copy into the file, such as of a backup, leaves it the file it was.
    if (changes === undefined || changes < this.#changes) return `${FILE_NAME} was written over`;
    this.#changes = changes;
    return undefined;
  }
}

/** SQLite's counter of changes in the head of the file; undefined where this is no database. */
function changesOf(path: string): number | undefined {
  const head = Buffer.alloc(100);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  if (head.toString('latin1', 0, MAGIC.length) !== MAGIC) return undefined;
  return head.readUInt32BE(24);
}

/**
 * A file that only takes space. When the disk is full it is removed first, so that what is under way is stored, old
 * history can be removed, and a start finds room for the files that SQLite needs.
 */
import { randomFillSync } from 'node:crypto';
import { existsSync, rmSync, statfsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

export const RESERVE_NAME = 'openmanager.reserve';
const MIN_BYTES = 4 * 1024 * 1024;
const MAX_BYTES = 64 * 1024 * 1024;
const SHARE_OF_DISK = 0.01;
/** It is made only where this many times its size is free. */
const ROOM = 4;
const STEP_BYTES = 1024 * 1024;

export class Reserve {
  readonly #folder: string;
  readonly #path: string;
  #making = false;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, RESERVE_NAME);
  }

  /** Gives the space back; false when there is none. Throws nothing. */
  release(): boolean {
    try {
      if (this.#making || !existsSync(this.#path)) return false;
      rmSync(this.#path);
      return true;
    } catch {
      // A file system that is read-only: no space to be won here.
      return false;
    }
  }

  /** Makes it where there is room for it; answers whether it is there. Throws nothing. */
  async keep(): Promise<boolean> {
    if (this.#making) return false;
    this.#making = true;
    try {
      if (existsSync(this.#path)) return true;
      const { bsize, blocks, bavail } = statfsSync(this.#folder);
      const bytes = Math.min(MAX_BYTES, Math.max(MIN_BYTES, bsize * blocks * SHARE_OF_DISK));
      if (bsize * bavail < bytes * ROOM) return false;
      await fill(this.#path, bytes);
      return true;
    } catch {
      await rm(this.#path, { force: true }).catch(() => undefined);
      return false;
    } finally {
      this.#making = false;
    }
  }
}

/** Random bytes, since file systems that compress would give zeros no space. */
async function fill(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    const block = Buffer.allocUnsafe(STEP_BYTES);
    for (let done = 0; done < bytes; done += STEP_BYTES) {
      randomFillSync(block);
      await file.write(block, 0, Math.min(STEP_BYTES, bytes - done));
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

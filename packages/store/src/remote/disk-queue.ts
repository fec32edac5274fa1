/**
 * Requests that wait on disk for the cluster, one file each, in order. `add` resolves when the file is durable; beyond
 * the bound the oldest go, counted.
 */
import { open, mkdir, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

export interface QueueFile {
  readonly seq: number;
  readonly samples: number;
  readonly bytes: number;
}

const NAME = /^(\d{12})-(\d+)\.rw$/;

function nameOf({ seq, samples }: Pick<QueueFile, 'seq' | 'samples'>): string {
  return `${String(seq).padStart(12, '0')}-${samples}.rw`;
}

export class DiskQueue {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #files: QueueFile[];
  #nextSeq: number;
  #bytesHeld: number;
  /** Samples that were dropped because the queue was full. */
  dropped = 0;

  private constructor(folder: string, maxBytes: number, files: QueueFile[]) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#files = files;
    this.#nextSeq = (files.at(-1)?.seq ?? 0) + 1;
    this.#bytesHeld = files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  static async open(folder: string, maxBytes: number): Promise<DiskQueue> {
    await mkdir(folder, { recursive: true });
    const files: QueueFile[] = [];
    for (const name of (await readdir(folder)).sort()) {
      const match = NAME.exec(name);
      // A file that was not finished was not acknowledged to the caller.
      if (!match) await unlink(join(folder, name));
      else {
        const { size } = await stat(join(folder, name));
        files.push({ seq: Number(match[1]), samples: Number(match[2]), bytes: size });
      }
    }
    return new DiskQueue(folder, maxBytes, files);
  }

  get size(): number {
    return this.#files.length;
  }

  get bytes(): number {
    return this.#bytesHeld;
  }

  async add(body: Uint8Array, samples: number): Promise<void> {
    const file = { seq: this.#nextSeq++, samples, bytes: body.length };
    const path = join(this.#folder, nameOf(file));
    const handle = await open(`${path}.new`, 'w');
    try {
      await handle.writeFile(body);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.new`, path);
    await syncFolder(this.#folder);
    this.#files.push(file);
    this.#bytesHeld += file.bytes;
    while (this.#bytesHeld > this.#maxBytes && this.#files.length > 1) {
      const [oldest] = this.#files;
      if (!oldest) break;
      this.dropped += oldest.samples;
      await this.remove(oldest);
    }
  }

  /** The oldest request. */
  async first(): Promise<{ readonly file: QueueFile; readonly body: Buffer } | undefined> {
    for (;;) {
      const [file] = this.#files;
      if (!file) return undefined;
      try {
        return { file, body: await readFile(join(this.#folder, nameOf(file))) };
      } catch (error) {
        // It was dropped meanwhile.
        if (this.#files[0] === file) throw error;
      }
    }
  }

  async remove(file: QueueFile): Promise<void> {
    const place = this.#files.indexOf(file);
    if (place < 0) return;
    this.#files.splice(place, 1);
    this.#bytesHeld -= file.bytes;
    await unlink(join(this.#folder, nameOf(file)));
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

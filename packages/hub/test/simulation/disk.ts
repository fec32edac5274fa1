/**
 * Disks of the simulated machines, in memory, behind the functions of `node:fs` that the agent uses. What was written
 * survives the end of a process; of what was not synced a power cut leaves any beginning.
 */
import type { VirtualTime } from './time.ts';

const ROOT = '/simulated/';
/** No descriptor of this process is as large. */
const FIRST_FD = 1 << 24;

interface File {
  bytes: Buffer;
  length: number;
  synced: number;
  /** Whether its name survives a power cut. */
  isNamed: boolean;
}

export class Disk {
  /** Writes fail with this: ENOSPC, EROFS, EIO. */
  failure: string | undefined;
  readonly files = new Map<string, File>();
  /** Files and descriptors, both of which a machine has few of. */
  open = 0;

  powerCut(random: () => number): void {
    for (const [path, file] of this.files) {
      file.length = file.synced + Math.floor(random() * (file.length - file.synced + 1));
      if (!file.isNamed && random() < 0.5) this.files.delete(path);
      file.synced = file.length;
      file.isNamed = true;
    }
  }
}

function failed(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${path}`), { code });
}

type Fs = Record<string, (...args: never[]) => unknown>;

/** In place of `node:fs`: paths of the simulated machines lead here, all others where they always did. */
export function simulatedFs(original: Fs, disks: Disks): Fs {
  const own = disks.functions();
  const mixed: Fs = { ...original };
  for (const [name, replacement] of Object.entries(own)) {
    const real = original[name];
    mixed[name] = (...args: never[]): unknown => {
      const [first] = args as unknown[];
      const isOurs = typeof first === 'number' ? first >= FIRST_FD : String(first).startsWith(ROOT);
      return isOurs ? replacement(...args) : real?.(...args);
    };
  }
  return { ...mixed, default: mixed as never };
}

export class Disks {
  time: VirtualTime | undefined;
  random: () => number = Math.random;
  readonly #byName = new Map<string, Disk>();
  readonly #descriptors = new Map<number, { disk: Disk; file: File; path: string }>();
  #nextFd = FIRST_FD;

  reset(time: VirtualTime, random: () => number): void {
    this.time = time;
    this.random = random;
    this.#byName.clear();
    this.#descriptors.clear();
  }

  folder(machine: string): string {
    this.#byName.set(machine, this.#byName.get(machine) ?? new Disk());
    return `${ROOT}${machine}`;
  }

  of(path: string): Disk {
    const disk = this.#byName.get(path.slice(ROOT.length).split('/', 1)[0] as string);
    if (disk === undefined) throw failed('ENOENT', path);
    return disk;
  }

  functions(): Fs {
    const descriptor = (fd: number): { disk: Disk; file: File; path: string } => {
      const found = this.#descriptors.get(fd);
      if (found === undefined) throw failed('EBADF', String(fd));
      return found;
    };
    const fileOf = (path: string): File => {
      const file = this.of(path).files.get(path);
      if (file === undefined) throw failed('ENOENT', path);
      return file;
    };
    const mayWrite = (path: string): Disk => {
      const disk = this.of(path);
      if (disk.failure !== undefined) throw failed(disk.failure, path);
      return disk;
    };
    const openSync = (path: string, flags: string): number => {
      const disk = this.of(path);
      let file = disk.files.get(path);
      if (flags.startsWith('w')) {
        // A full disk still makes the name; a read-only one does not.
        if (disk.failure !== undefined && disk.failure !== 'ENOSPC')
          throw failed(disk.failure, path);
        if (flags.includes('x') && file !== undefined) throw failed('EEXIST', path);
        file = { bytes: Buffer.alloc(256), length: 0, synced: 0, isNamed: false };
        disk.files.set(path, file);
      }
      if (file === undefined) throw failed('ENOENT', path);
      const fd = this.#nextFd++;
      this.#descriptors.set(fd, { disk, file, path });
      disk.open++;
      return fd;
    };
    const writeSync = (fd: number, data: string | Uint8Array, offset = 0): number => {
      const { disk, file, path } = descriptor(fd);
      const bytes = typeof data === 'string' ? Buffer.from(data) : data.subarray(offset);
      if (disk.failure !== undefined) throw failed(disk.failure, path);
      const length = file.length + bytes.byteLength;
      if (length > file.bytes.byteLength) {
        const grown = Buffer.alloc(2 * length);
        file.bytes.copy(grown, 0, 0, file.length);
        file.bytes = grown;
      }
      file.bytes.set(bytes, file.length);
      file.length = length;
      return bytes.byteLength;
    };
    const sync = (fd: number): void => {
      const { disk, file, path } = descriptor(fd);
      if (disk.failure === 'EIO') throw failed('EIO', path);
      file.synced = file.length;
      file.isNamed = true;
    };
    const closeSync = (fd: number): void => {
      descriptor(fd).disk.open--;
      this.#descriptors.delete(fd);
    };
    const readFileSync = (path: string, encoding?: unknown): Buffer | string => {
      const { bytes, length } = fileOf(path);
      const copy = Buffer.from(bytes.subarray(0, length));
      return encoding === undefined ? copy : copy.toString('utf8');
    };
    const table = {
      openSync,
      writeSync,
      closeSync,
      readFileSync,
      mkdirSync: () => undefined,
      chmodSync: () => undefined,
      existsSync: (path: string): boolean => this.of(path).files.has(path),
      fsyncSync: sync,
      fdatasyncSync: sync,
      fsync: (fd: number, done: (error: Error | null) => void): void => {
        const time = this.time as VirtualTime;
        const finish = (): void => {
          try {
            sync(fd);
            done(null);
          } catch (error) {
            done(error as Error);
          }
        };
        const { life } = time;
        if (life === undefined) finish();
        else time.afterIn(life, 1 + this.random() * 20, finish);
      },
      readdirSync: (path: string): string[] =>
        [...this.of(path).files.keys()]
          .filter((name) => name.startsWith(`${path}/`))
          .map((name) => name.slice(path.length + 1))
          .filter((name) => !name.includes('/')),
      unlinkSync: (path: string): void => {
        mayWrite(path).files.delete(path);
      },
      renameSync: (from: string, to: string): void => {
        const disk = mayWrite(from);
        disk.files.set(to, fileOf(from));
        disk.files.delete(from);
      },
      writeFileSync: (path: string, data: string | Uint8Array): void => {
        const fd = openSync(path, 'w');
        try {
          writeSync(fd, data);
        } finally {
          closeSync(fd);
        }
      },
      rmSync: (path: string): void => {
        mayWrite(path).files.delete(path);
      },
    };
    return table as unknown as Fs;
  }
}

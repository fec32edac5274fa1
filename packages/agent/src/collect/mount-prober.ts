/**
 * Asks mounted filesystems for their space without ever waiting for one. A filesystem whose server is away, whose FUSE
 * process sleeps or whose pool is suspended may not answer for hours, and a question cannot be taken back: each holds one
 * of libuv's threads until then. So mounts that hang together (of one server, of one pool) are asked one after the
 * other, a mount that did not answer within the deadline is stuck, and stuck questions never take the last threads,
 * which healthy mounts, name resolution and the spool need.
 */
import { stat, statfs, type StatsFs } from 'node:fs';
import { rawName, rawPath } from './raw-name.ts';

/** A mounted filesystem's space; `file` is no filesystem of its own; undefined cannot be asked. */
export type MountAnswer = StatsFs | 'file' | undefined;

/** Answers once. `path` is raw (raw-name.ts); `isNew`: whether it is a folder is not known yet. */
export type AskMount = (
  path: string,
  isNew: boolean,
  answer: (answer: MountAnswer) => void,
) => void;

export interface ProbedMount {
  /** Raw. */
  readonly mountpoint: string;
  /** On the network: always a filesystem of its own. */
  readonly remote: boolean;
  /** Mounts that hang together. */
  readonly group: string;
}

export interface MountProberOptions {
  /** In front of mount points. */
  readonly root: string;
  /** A mount turned out to be a file: what it hid is to be asked in its place. */
  readonly onFile: () => void;
  /** @default stat and statfs on libuv's threads */
  readonly ask?: AskMount;
  /** Without an answer for this long, a mount is stuck. @default 2_000 */
  readonly deadlineMs?: number;
  /** libuv's threads. @default as the environment says */
  readonly threads?: number;
}

const DEADLINE_MS = 2_000;
const DEFAULT_THREADS = 4;
/** Threads that mounts leave to the rest of the process, such as name resolution, while they answer. */
const SPARED_THREADS = 2;

export function askMount(
  path: string,
  isNew: boolean,
  answer: (answer: MountAnswer) => void,
): void {
  const place = rawPath('', path);
  const space = (): void =>
    statfs(place, (error, stats) => answer(error === null ? stats : undefined));
  if (!isNew) return space();
  // A bind-mounted file, as containers have for /etc/hosts, is no filesystem of its own.
  stat(place, (error, found) => {
    if (error) answer(undefined);
    else if (found.isDirectory()) space();
    else answer('file');
  });
}

interface Group {
  readonly waiting: ProbedMount[];
  /** The mount whose answer is awaited. */
  open: ProbedMount | undefined;
  /** That answer is overdue. */
  stuck: boolean;
}

export class MountProber {
  readonly #root: string;
  readonly #onFile: () => void;
  readonly #ask: AskMount;
  readonly #deadlineMs: number;
  readonly #threads: number;
  /** Oldest question first. */
  readonly #groups = new Map<string, Group>();
  /** By mount point. */
  readonly #answers = new Map<string, MountAnswer>();
  #open = 0;
  #closed = false;

  constructor(options: MountProberOptions) {
    this.#root = rawName(options.root);
    this.#onFile = options.onFile;
    this.#ask = options.ask ?? askMount;
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    this.#threads =
      options.threads ?? (Number(process.env['UV_THREADPOOL_SIZE']) || DEFAULT_THREADS);
  }

  /** Questions that were not answered in time and are still open. */
  get stuck(): number {
    let count = 0;
    for (const group of this.#groups.values()) if (group.stuck) count++;
    return count;
  }

  /** Begins a round over the mounts that are there now; what an earlier round has not come to is asked in this one. */
  round(mounts: readonly ProbedMount[]): void {
    const present = new Set(mounts.map(({ mountpoint }) => mountpoint));
    for (const place of this.#answers.keys())
      if (!present.has(place) && this.#answers.get(place) !== 'file') this.#answers.delete(place);
    for (const group of this.#groups.values()) group.waiting.length = 0;
    for (const mount of mounts) {
      let group = this.#groups.get(mount.group);
      if (!group)
        this.#groups.set(mount.group, (group = { waiting: [], open: undefined, stuck: false }));
      group.waiting.push(mount);
    }
    for (const [name, group] of this.#groups)
      if (!group.open && group.waiting.length === 0) this.#groups.delete(name);
    this.#next();
  }

  /** The newest answer; undefined when there is none, or when the mount is stuck. */
  answer(mount: ProbedMount): StatsFs | undefined {
    const answer = this.isStuck(mount) ? undefined : this.#answers.get(mount.mountpoint);
    return answer === 'file' ? undefined : answer;
  }

  /** Whether an answer of it, or of a mount that hangs with it, is overdue. */
  isStuck(mount: ProbedMount): boolean {
    return this.#groups.get(mount.group)?.stuck ?? false;
  }

  /** Whether it was found to be a bind-mounted file. */
  isFile(mountpoint: string): boolean {
    return this.#answers.get(mountpoint) === 'file';
  }

  close(): void {
    this.#closed = true;
  }

  /** One at a time even when nearly every thread is stuck; the last one is for the rest of the process. */
  #mayAsk(): boolean {
    const { stuck } = this;
    return (
      stuck < this.#threads - 1 &&
      this.#open - stuck < Math.max(1, this.#threads - SPARED_THREADS - stuck)
    );
  }

  #next(): void {
    if (this.#closed) return;
    for (const group of this.#groups.values()) {
      if (!this.#mayAsk()) return;
      if (group.open || group.waiting.length === 0) continue;
      this.#question(group, group.waiting.shift() as ProbedMount);
    }
  }

  #question(group: Group, mount: ProbedMount): void {
    group.open = mount;
    this.#open++;
    const timer = setTimeout(() => {
      group.stuck = true;
      this.#next();
    }, this.#deadlineMs);
    timer.unref();
    const { mountpoint } = mount;
    const isNew = !mount.remote && this.#answers.get(mountpoint) === undefined;
    this.#ask(this.#root + mountpoint, isNew, (answer) => {
      clearTimeout(timer);
      this.#open--;
      group.open = undefined;
      group.stuck = false;
      this.#answers.set(mountpoint, answer);
      if (answer === 'file') this.#onFile();
      this.#next();
    });
  }
}

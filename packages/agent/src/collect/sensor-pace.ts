/**
 * When a sensor may be asked. Asking a disk for its temperature starts the clock of its spin-down anew and wakes some
 * disks (https://docs.kernel.org/hwmon/drivetemp.html), so one with platters is asked every 5 minutes, and only right
 * after it has done something by itself: one at rest is left alone. What the kernel has put to sleep is never asked.
 */
import { MINUTE_MS, SECOND_MS } from '@openmanager/protocol/durations';
import { readdirSync } from 'node:fs';
import type { Sensor } from './sensors.ts';
import { readOnce, TextFile } from './text-file.ts';

const ASK_DISK_EVERY_MS = 5 * MINUTE_MS;
/** A command for a controller that is awake anyway; it would keep one that rests from its deepest sleep. */
const ASK_NVME_EVERY_MS = MINUTE_MS;
/** Shorter than any time after which a disk spins down. */
const AWAKE_AFTER_WORK_MS = 30 * SECOND_MS;
/** A temperature older than this is none: the disk has rested since. */
const HELD_MS = 3 * ASK_DISK_EVERY_MS;
/** A timer that is a little early must not cost a whole round. */
const EARLY_MS = 100;

/** `held`: what was read last still holds; `asleep`: nothing is known. */
export type Pace = 'ask' | 'held' | 'asleep';

export class SensorPace {
  readonly #everyMs: number;
  readonly #states: readonly TextFile[];
  /** Counters of the disk; undefined where it needs no rest. */
  readonly #work: TextFile | undefined;
  #done: string | undefined;
  #workedMs = Number.NEGATIVE_INFINITY;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor({ device, disk }: Pick<Sensor, 'device' | 'disk'>) {
    this.#everyMs =
      disk === 'drivetemp' ? ASK_DISK_EVERY_MS : disk === 'nvme' ? ASK_NVME_EVERY_MS : 0;
    // Of an NVMe controller the function on the bus below it is what sleeps.
    const folders = device === undefined ? [] : [device, `${device}/device`];
    this.#states = folders
      .map((folder) => `${folder}/power/runtime_status`)
      .filter((path) => readOnce(path) !== undefined)
      .map((path) => new TextFile(path));
    const block = disk === 'drivetemp' ? blockOf(`${device}/block`) : undefined;
    if (block !== undefined && readOnce(`${block}/queue/rotational`)?.number() !== 0)
      this.#work = new TextFile(`${block}/stat`);
  }

  at(nowMs: number): Pace {
    const worked = this.#hasWorked(nowMs);
    if (this.#states.some((state) => state.read()?.take('suspended'))) return 'asleep';
    const sinceMs = nowMs - this.#askedMs;
    if (worked && sinceMs >= this.#everyMs - EARLY_MS) {
      this.#askedMs = nowMs;
      return 'ask';
    }
    return sinceMs <= Math.max(HELD_MS, this.#everyMs) ? 'held' : 'asleep';
  }

  close(): void {
    for (const state of this.#states) state.close();
    this.#work?.close();
  }

  #hasWorked(nowMs: number): boolean {
    const done = this.#work?.read()?.raw();
    // Without counters nothing is known of its rest: the 5 minutes must do.
    if (done === undefined) return true;
    if (this.#done !== undefined && done !== this.#done) this.#workedMs = nowMs;
    this.#done = done;
    return nowMs - this.#workedMs <= AWAKE_AFTER_WORK_MS;
  }
}

function blockOf(folder: string): string | undefined {
  try {
    const name = readdirSync(folder)[0];
    return name === undefined ? undefined : `${folder}/${name}`;
  } catch {
    return undefined;
  }
}

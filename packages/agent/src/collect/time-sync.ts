/**
 * Whether something keeps the clock right. Only a system call knows (adjtimex), which Node cannot make; systemd's
 * timedated makes it for whoever asks over D-Bus, whatever keeps the time, and chronyd knows the offset, too. Asked
 * every 5 minutes, because the bus may have to start timedated for it. No series where neither is there.
 */
import { existsSync } from 'node:fs';
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { askChrony, type ChronyOptions } from './chrony.ts';
import type { Source } from './collector.ts';
import { readProperty } from './dbus.ts';

const SYNCHRONIZED = 'system.linux.time.synchronized';
const OFFSET = 'system.linux.time.offset';
const ASK_EVERY_MS = 5 * MINUTE_MS;
const TIMEOUT_MS = 5_000;
/** An answer older than this is no sample any more. */
const HELD_MS = 3 * ASK_EVERY_MS;

export interface ClockState {
  readonly synchronized: boolean;
  /** NaN where nobody knows. */
  readonly offsetSeconds: number;
}

/** What is known, or undefined where nobody can be asked. */
export type AskClock = () => Promise<ClockState | undefined>;

export function clockAsker(
  root: string,
  chrony: ChronyOptions = { timeoutMs: TIMEOUT_MS },
): AskClock {
  const socketPath = `${root}/run/dbus/system_bus_socket`;
  return async () => {
    const tracking = existsSync(`${root}/run/chrony`)
      ? await askChrony(chrony).catch(() => undefined)
      : undefined;
    const said =
      existsSync(`${root}/run/systemd/system`) && existsSync(socketPath)
        ? await readProperty({
            socketPath,
            timeoutMs: TIMEOUT_MS,
            destination: 'org.freedesktop.timedate1',
            path: '/org/freedesktop/timedate1',
            interface: 'org.freedesktop.timedate1',
            property: 'NTPSynchronized',
          }).catch(() => undefined)
        : undefined;
    const synchronized = typeof said === 'boolean' ? said : tracking?.synchronized;
    if (synchronized === undefined) return undefined;
    return { synchronized, offsetSeconds: tracking?.offsetSeconds ?? Number.NaN };
  };
}

export class TimeSyncSource implements Source {
  keys: readonly string[] = [];
  values: Float64Array = new Float64Array(0);
  readonly #ask: AskClock;
  #askedMs = Number.NEGATIVE_INFINITY;
  #answeredMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  #answer: ClockState | undefined;

  constructor(root: string, ask: AskClock = clockAsker(root)) {
    this.#ask = ask;
  }

  read(nowMs: number): void {
    if (!this.#asking && nowMs - this.#askedMs >= ASK_EVERY_MS - 100) this.#begin(nowMs);
    if (!this.#answer) return;
    const { synchronized, offsetSeconds } = this.#answer;
    const keys = Number.isNaN(offsetSeconds) ? 1 : 2;
    // A chronyd that stopped keeps its series, without samples.
    if (keys > this.keys.length) {
      this.keys = [SYNCHRONIZED, OFFSET].slice(0, keys);
      this.values = new Float64Array(keys);
    }
    if (nowMs - this.#answeredMs > HELD_MS) return void this.values.fill(Number.NaN);
    this.values[0] = synchronized ? 1 : 0;
    if (this.keys.length > 1) this.values[1] = offsetSeconds;
  }

  async settled(): Promise<void> {
    await this.#asking;
  }

  close(): void {}

  #begin(nowMs: number): void {
    this.#askedMs = nowMs;
    this.#asking = this.#ask()
      .then(
        (answer) => {
          if (!answer) return;
          this.#answer = answer;
          this.#answeredMs = nowMs;
        },
        // Not allowed, or restarting: the last answer fades out and the next round asks again.
        () => undefined,
      )
      .finally(() => (this.#asking = undefined));
  }
}

/** Failed systemd units, asked from systemd itself over D-Bus once a minute. No series where there is no systemd. */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { existsSync } from 'node:fs';
import type { Source } from './collector.ts';
import { readProperty } from './dbus.ts';

const KEYS: readonly string[] = ['system.systemd.unit.failed'];
const ASK_EVERY_MS = MINUTE_MS;
const TIMEOUT_MS = 5_000;
/** An answer older than this is no sample any more. */
const HELD_MS = 3 * ASK_EVERY_MS;

export type AskFailedUnits = () => Promise<number>;

export class SystemdSource implements Source {
  keys: readonly string[] = [];
  values: Float64Array = new Float64Array(0);
  readonly #ask: AskFailedUnits | undefined;
  #askedMs = Number.NEGATIVE_INFINITY;
  #answeredMs = Number.NEGATIVE_INFINITY;
  #asking = false;
  #answer = Number.NaN;

  constructor(root: string, ask?: AskFailedUnits) {
    const socketPath = `${root}/run/dbus/system_bus_socket`;
    // sd_booted(3): this folder is there when systemd is the init of this system.
    if (ask) this.#ask = ask;
    else if (existsSync(`${root}/run/systemd/system`) && existsSync(socketPath))
      this.#ask = () =>
        readProperty({
          socketPath,
          destination: 'org.freedesktop.systemd1',
          path: '/org/freedesktop/systemd1',
          interface: 'org.freedesktop.systemd1.Manager',
          property: 'NFailedUnits',
          timeoutMs: TIMEOUT_MS,
        });
  }

  read(nowMs: number): void {
    if (!this.#ask) return;
    if (!this.#asking && nowMs - this.#askedMs >= ASK_EVERY_MS) {
      this.#asking = true;
      this.#askedMs = nowMs;
      void this.#ask()
        .then(
          (failed) => {
            this.#answer = failed;
            this.#answeredMs = nowMs;
          },
          // Not allowed, or the bus is restarting: the last answer fades out and the next minute asks again.
          () => undefined,
        )
        .finally(() => (this.#asking = false));
    }
    if (this.keys.length === 0 && !Number.isNaN(this.#answer)) {
      this.keys = KEYS;
      this.values = new Float64Array(1);
    }
    if (this.keys.length > 0)
      this.values[0] = nowMs - this.#answeredMs <= HELD_MS ? this.#answer : Number.NaN;
  }

  close(): void {}
}

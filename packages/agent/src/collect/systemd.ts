/**
 * systemd's units, asked from systemd itself over D-Bus twice a minute: how many failed, and by name those that failed
 * and the services that run. No series where there is no systemd, or where its bus does not let us in.
 */
import { HOUR_MS } from '@openmanager/protocol/durations';
import { existsSync } from 'node:fs';
import { limits, seriesKey } from '@openmanager/protocol';
import type { Chosen } from './choice.ts';
import type { Source } from './collector.ts';
import { askUnits, type AskUnits, type Unit, type UnitsAnswer } from './systemd-units.ts';
import { foldUnits } from './unit-names.ts';

const FAILED = 'system.systemd.unit.failed';
const STATE = 'systemd.unit.state';
const RESTARTS = 'systemd.service.restarts';
const MEMORY = 'systemd.service.memory.usage';

const ASK_EVERY_MS = 30_000;
/** An answer older than this is no sample any more. */
const HELD_MS = 3 * ASK_EVERY_MS;
/** Units listed by name: each has four series. */
const LISTED = 50;
/** A unit that is listed stays so until another has this much more memory, or two of a size would take turns. */
const KEEP_FACTOR = 1.5;
/** systemd forgets a service that was stopped and that nothing refers to; we tell it as stopped for this long. */
const REMEMBERED_MS = HOUR_MS;
/** States that every listed unit tells, so that rules about them see both 0 and 1; others once they have been. */
const TOLD_STATES: readonly string[] = ['active', 'failed'];

export interface SystemdOptions {
  readonly root: string;
  readonly ask?: AskUnits;
  /** Whether a unit is listed whatever it does, and first (true), or not at all (false). */
  readonly chosen?: Chosen | undefined;
}

export class SystemdSource implements Source {
  keys: readonly string[] = [];
  values: Float64Array = new Float64Array(0);
  /** Units worth a place by name that got none. */
  notListed = 0;
  readonly #options: SystemdOptions;
  readonly #ask: AskUnits | undefined;
  /** Services seen running, and when last: one that was stopped since stays in the list. */
  readonly #seenRunning = new Map<string, number>();
  /** Listed units, with the states that each has been in. */
  #listed = new Map<string, Set<string>>();
  #askedMs = Number.NEGATIVE_INFINITY;
  #answeredMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  #fresh: UnitsAnswer | undefined;
  #stale = true;

  constructor(options: SystemdOptions) {
    this.#options = options;
    const { root, chosen } = options;
    const socketPath = `${root}/run/dbus/system_bus_socket`;
    // sd_booted(3): this folder is there when systemd is the init of this system.
    const booted = existsSync(`${root}/run/systemd/system`) && existsSync(socketPath);
    this.#ask =
      options.ask ?? (booted ? () => askUnits(socketPath, chosen !== undefined) : undefined);
  }

  read(nowMs: number): void {
    if (!this.#asking && nowMs - this.#askedMs >= ASK_EVERY_MS - 100) this.#begin(nowMs);
    if (this.#fresh) {
      this.#tell(this.#fresh, nowMs);
      this.#fresh = undefined;
      this.#stale = false;
    }
    if (this.#stale || nowMs - this.#answeredMs <= HELD_MS) return;
    this.#stale = true;
    this.values.fill(Number.NaN);
  }

  settled(): Promise<void> {
    return this.#asking ?? Promise.resolve();
  }

  close(): void {}

  #begin(nowMs: number): void {
    if (!this.#ask) return;
    this.#askedMs = nowMs;
    this.#asking = this.#ask()
      .then(
        (answer) => {
          this.#fresh = answer;
          this.#answeredMs = nowMs;
        },
        // Not allowed, or the bus is restarting: the last answer fades out and the next round asks again.
        () => undefined,
      )
      .finally(() => (this.#asking = undefined));
  }

  #tell({ failed, units }: UnitsAnswer, nowMs: number): void {
    const listed = this.#choose(this.#withForgotten(foldUnits(units), nowMs));
    const states = new Map<string, Set<string>>();
    const keys: string[] = [FAILED];
    const values: number[] = [failed];
    const add = (metric: string, value: number, attributes: Record<string, string>): void => {
      keys.push(seriesKey(metric, attributes));
      values.push(value);
    };
    for (const { name, activeState, restarts, memoryBytes } of listed) {
      const of = { 'systemd.unit.name': name.slice(0, limits.nameLength) };
      const been = this.#listed.get(name) ?? new Set(TOLD_STATES);
      states.set(name, been.add(activeState));
      for (const state of been)
        add(STATE, state === activeState ? 1 : 0, { ...of, 'systemd.unit.active_state': state });
      if (!name.endsWith('.service')) continue;
      add(RESTARTS, restarts, of);
      add(MEMORY, memoryBytes, of);
    }
    this.#listed = states;
    if (keys.length !== this.keys.length || keys.some((key, at) => key !== this.keys[at]))
      this.keys = keys;
    // Replaced with the keys: who reads both sees a new length only together with new keys.
    this.values = Float64Array.from(values);
  }

  #withForgotten(units: readonly Unit[], nowMs: number): readonly Unit[] {
    const seen = this.#seenRunning;
    const loaded = new Set(units.map(({ name }) => name));
    for (const { name, subState } of units)
      if (subState === 'running' || seen.has(name)) seen.set(name, nowMs);
    for (const [name, seenMs] of seen) if (nowMs - seenMs > REMEMBERED_MS) seen.delete(name);
    const forgotten = [...seen.keys()].filter((name) => !loaded.has(name));
    return [...units, ...forgotten.map(stopped)];
  }

  /** Units that were asked for by name, then those that failed, then services by memory; each group by name. */
  #choose(units: readonly Unit[]): readonly Unit[] {
    const { chosen = () => undefined } = this.#options;
    const rank = ({ name, activeState }: Unit): number => {
      if (chosen(name)) return 0;
      return activeState === 'failed' ? 1 : activeState === 'active' ? 3 : 2;
    };
    const weight = ({ name, memoryBytes }: Unit): number =>
      (Number.isNaN(memoryBytes) ? 0 : memoryBytes) * (this.#listed.has(name) ? KEEP_FACTOR : 1);
    const worth = units
      .filter((unit) => chosen(unit.name) ?? this.#isWorth(unit))
      .sort((a, b) => rank(a) - rank(b) || weight(b) - weight(a) || (a.name < b.name ? -1 : 1));
    this.notListed = Math.max(0, worth.length - LISTED);
    return worth.slice(0, LISTED).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** What has done its work and ended, or was never started, is no news. */
  #isWorth({ name, activeState, subState }: Unit): boolean {
    if (activeState === 'failed') return true;
    if (!name.endsWith('.service')) return false;
    if (activeState === 'inactive') return this.#seenRunning.has(name);
    return subState !== 'exited';
  }
}

const stopped = (name: string): Unit => ({
  name,
  activeState: 'inactive',
  subState: 'dead',
  restarts: Number.NaN,
  memoryBytes: Number.NaN,
});

/**
 * /proc/net/dev: traffic per interface. Sums take each byte once (interfaces.ts). Interfaces are listed in this order:
 * those that are summed, other physical ones, then the rest as the kernel has them.
 */
import { existsSync } from 'node:fs';
import { seriesKey } from '@openmanager/protocol';
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { type Choice, type Chosen, chooser } from './choice.ts';
import type { Source } from './collector.ts';
import { defaultRoutes } from './default-routes.ts';
import { DeviceTable, type DeviceRow } from './device-table.ts';
import { plus } from './fold.ts';
import { carriers, type Interface, readInterface } from './interfaces.ts';
import { counterDelta, LONG_BITS, ratePerSecond } from './rate.ts';
import { shownName } from './raw-name.ts';
import { type Scanner, TextFile } from './text-file.ts';

const LIMIT = 64;
/** How interfaces stand on one another changes rarely; what has just come may yet be given its master. */
const REFRESH_EVERY_MS = MINUTE_MS;
const SETTLED_MS = 5_000;

const METRICS = [
  'system.network.io',
  'system.network.packet.count',
  'system.network.errors',
  'system.network.packet.dropped',
] as const;
const DIRECTIONS = ['receive', 'transmit'] as const;
/** Order of the values of an interface: each metric, received then sent. */
const COUNTERS = METRICS.length * DIRECTIONS.length;

function keysOf(name: string): string[] {
  return METRICS.flatMap((metric) =>
    DIRECTIONS.map((direction) =>
      seriesKey(metric, {
        'network.interface.name': shownName(name),
        'network.io.direction': direction,
      }),
    ),
  );
}

export class NetworkSource implements Source {
  readonly #file: TextFile;
  readonly #table: DeviceTable;
  readonly #counters = new Float64Array(COUNTERS);
  readonly #chosen: Chosen;
  /** Folder of this network namespace. */
  readonly #net: string;
  readonly #sysfs: string;
  /** By name; undefined for what is excluded. */
  #interfaces = new Map<string, Interface | undefined>();
  #carriers: ReadonlySet<string> = new Set();
  #refreshMs = Number.NEGATIVE_INFINITY;
  #previousMs = Number.NaN;

  constructor(root: string, choice?: Choice) {
    const net = `${root}/proc/self/net`;
    this.#net = existsSync(`${net}/dev`) ? net : `${root}/proc/net`;
    this.#file = new TextFile(`${this.#net}/dev`);
    this.#sysfs = `${root}/sys/class/net`;
    this.#chosen = chooser(choice);
    this.#table = new DeviceTable({
      totals: DIRECTIONS.map((direction) =>
        seriesKey('system.network.io', { 'network.io.direction': direction }),
      ),
      keysOf,
      counters: COUNTERS,
      wanted: (name) => this.#isWanted(name),
      limit: LIMIT,
      rank: ({ name }) =>
        this.#carriers.has(name) ? 2 : this.#interfaces.get(name)?.physical ? 1 : 0,
    });
  }

  get keys(): readonly string[] {
    return this.#table.keys;
  }

  get values(): Float64Array {
    return this.#table.values;
  }

  get notListed(): number {
    return this.#table.notListed;
  }

  read(nowMs: number): void {
    let text = this.#file.read();
    const names = namesOf(text);
    if (this.#look(names, nowMs)) text = this.#file.read();
    else text?.rewind();
    this.#table.begin();
    text?.nextLine();
    text?.nextLine();
    for (; text && !text.done; text.nextLine()) {
      const row = this.#table.row(text.word(':'));
      if (!row) continue;
      const counters = this.#counters;
      for (const direction of [0, 1]) {
        const bytes = text.number();
        counters[direction] = bytes;
        for (let metric = 1; metric < METRICS.length; metric++)
          counters[metric * 2 + direction] = text.number();
        text.skipFields(4);
      }
      this.#rates(row, nowMs - this.#previousMs);
    }
    this.#table.end();
    this.#totals();
    this.#previousMs = nowMs;
  }

  close(): void {
    this.#file.close();
  }

  #rates({ values, previous }: DeviceRow, elapsedMs: number): void {
    const counters = this.#counters;
    for (let index = 0; index < COUNTERS; index++) {
      const delta = counterDelta(previous[index] as number, counters[index] as number, LONG_BITS);
      values[index] = ratePerSecond(delta, elapsedMs);
    }
    previous.set(counters);
  }

  #totals(): void {
    let received = Number.NaN;
    let sent = Number.NaN;
    for (const { name, values } of this.#table) {
      if (!this.#carriers.has(name)) continue;
      received = plus(received, values[0] as number);
      sent = plus(sent, values[1] as number);
    }
    this.values[0] = received;
    this.values[1] = sent;
  }

  #isWanted(name: string): boolean {
    const one = this.#interfaces.get(name);
    if (!one || one.loopback) return false;
    return !one.inner || this.#carriers.has(name) || this.#chosen(shownName(name)) === true;
  }

  /** Finds out how interfaces stand on one another when there are others than before, and once in a while. */
  #look(names: readonly string[], nowMs: number): boolean {
    const known = this.#interfaces;
    const again = nowMs >= this.#refreshMs;
    const same = names.length === known.size && names.every((name) => known.has(name));
    if (same && !again) return false;
    this.#refreshMs = nowMs + (same ? REFRESH_EVERY_MS : SETTLED_MS);
    this.#interfaces = new Map(
      names.map((name) => [
        name,
        this.#chosen(shownName(name)) === false
          ? undefined
          : ((again ? undefined : known.get(name)) ?? readInterface(this.#sysfs, name)),
      ]),
    );
    const counted = [...this.#interfaces.values()].filter((one) => one !== undefined);
    this.#carriers = carriers(counted, defaultRoutes(this.#net));
    this.#table.reconsider();
    return true;
  }
}

function namesOf(text: Scanner | undefined): string[] {
  const names: string[] = [];
  text?.nextLine();
  text?.nextLine();
  for (; text && !text.done; text.nextLine()) names.push(text.word(':'));
  return names;
}

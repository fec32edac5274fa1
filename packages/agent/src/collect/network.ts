/**
 * /proc/net/dev: traffic per interface. Sums take the physical interfaces, so that a bridge, bond or tunnel on top of
 * one does not count its bytes again; where there are none (containers), all that are reported.
 */
import { existsSync } from 'node:fs';
import { seriesKey } from '@openmanager/protocol';
import type { Source } from './collector.ts';
import { DeviceTable, type DeviceRow } from './device-table.ts';
import { plus } from './fold.ts';
import { counterDelta, LONG_BITS, ratePerSecond } from './rate.ts';
import { TextFile } from './text-file.ts';

const LIMIT = 64;
/** Loopback, and virtual interfaces of containers, virtual machines and shapers. */
const NEVER =
  /^(?:lo\d*|veth.*|docker.*|br-.*|virbr.*|vnet\d+|cni.*|flannel.*|cali.*|cilium.*|lxc.*|lxd.*|podman.*|tap.*|ifb\d+|dummy\d+|sit\d+|ip6tnl\d+|tunl\d+|gre\d+|gretap\d+|erspan\d+|teql\d+|ovs-.*|kube-.*|nodelocaldns|fwbr.*|fwln.*|fwpr.*)$/;

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
      seriesKey(metric, { 'network.interface.name': name, 'network.io.direction': direction }),
    ),
  );
}

export class NetworkSource implements Source {
  readonly #file: TextFile;
  readonly #table: DeviceTable;
  readonly #counters = new Float64Array(COUNTERS);
  readonly #physical = new Map<string, boolean>();
  readonly #folder: string;
  #previousMs = Number.NaN;

  constructor(root: string) {
    this.#file = new TextFile(`${root}/proc/self/net/dev`);
    this.#folder = `${root}/sys/class/net`;
    this.#table = new DeviceTable({
      totals: DIRECTIONS.map((direction) =>
        seriesKey('system.network.io', { 'network.io.direction': direction }),
      ),
      keysOf,
      counters: COUNTERS,
      wanted: (name) => {
        if (NEVER.test(name)) return false;
        this.#physical.set(name, existsSync(`${this.#folder}/${name}/device`));
        return true;
      },
      limit: LIMIT,
    });
  }

  get keys(): readonly string[] {
    return this.#table.keys;
  }

  get values(): Float64Array {
    return this.#table.values;
  }

  read(nowMs: number): void {
    const text = this.#file.read();
    text?.nextLine();
    text?.nextLine();
    this.#table.begin();
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
    let anyPhysical = false;
    for (const { name } of this.#table) anyPhysical ||= this.#physical.get(name) === true;
    let received = Number.NaN;
    let sent = Number.NaN;
    for (const { name, values } of this.#table) {
      if (anyPhysical && this.#physical.get(name) !== true) continue;
      received = plus(received, values[0] as number);
      sent = plus(sent, values[1] as number);
    }
    this.values[0] = received;
    this.values[1] = sent;
  }
}

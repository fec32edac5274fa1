/** Samples of the demo's hosts, 100 series each: some simulated hosts under one, since one alone has not enough. */
import { en, Faker } from '@faker-js/faker';
import { parseSeriesKey, seriesKey, seriesSetId } from '@openmanager/protocol';
import type { Rows } from '@openmanager/store';
import { makeProfile } from '../../packages/cli/src/demo/profile.ts';
import { SimulatedHost } from '../../packages/cli/src/demo/simulated-host.ts';

export const SERIES = 100;
export const START_MS: number = Date.UTC(2026, 0, 5, 8);

/** One host's samples of the whole span. */
export interface HostSamples {
  readonly hostId: string;
  readonly setId: string;
  readonly keys: readonly string[];
  readonly intervalMs: number;
  readonly rows: number;
  readonly columns: readonly Float64Array[];
}

/** `hosts` hosts. Beyond `distinct` they are those before, begun at another row, which no store makes use of. */
export function simulate(
  hosts: number,
  distinct: number,
  rows: number,
  intervalMs: number,
  series: number = SERIES,
): HostSamples[] {
  const faker = new Faker({ locale: en, seed: 1 });
  let number = 0;
  const first: HostSamples[] = [];
  for (let index = 0; index < Math.min(hosts, distinct); index++) {
    const parts: { readonly host: SimulatedHost; readonly keys: readonly string[] }[] = [];
    for (let width = 0; width < series;) {
      const host = new SimulatedHost(makeProfile(faker, number), number, START_MS);
      number++;
      const { keys } = host.sample(START_MS, { perCore: true });
      const part = String(parts.length);
      parts.push({
        host,
        keys: keys.map((key) => {
          const { metric, attributes } = parseSeriesKey(key);
          return seriesKey(metric, { ...attributes, part });
        }),
      });
      width += keys.length;
    }
    const keys = parts.flatMap((part) => part.keys).slice(0, series);
    const columns = keys.map(() => new Float64Array(rows));
    for (let row = 0; row < rows; row++) {
      let column = 0;
      for (const { host } of parts)
        for (const value of host.sample(START_MS + row * intervalMs, { perCore: true }).values) {
          const into = columns[column++];
          if (into) into[row] = value;
        }
    }
    first.push({
      hostId: `host${index}`,
      setId: seriesSetId(keys),
      keys,
      intervalMs,
      rows,
      columns,
    });
  }
  return Array.from({ length: hosts }, (_, index) => {
    const base = first[index % first.length] as HostSamples;
    const turns = Math.floor(index / first.length);
    if (turns === 0) return base;
    const shift = Math.floor((rows * turns) / Math.ceil(hosts / first.length));
    const columns = base.columns.map((column) => {
      const turned = new Float64Array(rows);
      turned.set(column.subarray(shift));
      turned.set(column.subarray(0, shift), rows - shift);
      return turned;
    });
    return { ...base, hostId: `host${index}`, columns };
  });
}

/** The rows from `from` to before `to`, as a batch. */
export function batchOf(host: HostSamples, from: number, to: number): Rows {
  return {
    setId: host.setId,
    keys: host.keys,
    timesMs: Array.from(
      { length: to - from },
      (_, row) => START_MS + (from + row) * host.intervalMs,
    ),
    columns: host.columns.map((column) => column.subarray(from, to)),
  };
}

import { en, Faker } from '@faker-js/faker';
import { headlineKeys, hostFactsSchema, metricInfo, metricOfKey } from '@openmanager/protocol';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { Incidents, incidentKinds } from './incident.ts';
import { seededRandom } from './noise.ts';
import { makeProfile } from './profile.ts';
import { SimulatedHost } from './simulated-host.ts';

const start = Date.UTC(2026, 0, 5);
const step = 5000;

function host(seed: number, index = 0): SimulatedHost {
  return new SimulatedHost(makeProfile(new Faker({ locale: en, seed }), index), seed, start);
}

function day(simulated: SimulatedHost): { keys: readonly string[]; rows: Float64Array[] } {
  const rows: Float64Array[] = [];
  let keys: readonly string[] = [];
  for (let time = start; time < start + 86_400_000; time += step) {
    const sample = simulated.sample(time, { perCore: false });
    keys = sample.keys;
    rows.push(Float64Array.from(sample.values));
  }
  return { keys, rows };
}

test('the same seed gives the same host, another seed another one', () => {
  const [one, same, other] = [day(host(3)), day(host(3)), day(host(4))];
  expect(one).toEqual(same);
  expect(one.rows).not.toEqual(other.rows);
});

test('a day stays within what a metric can be, and has a rhythm', () => {
  const { keys, rows } = day(host(1));
  for (const key of headlineKeys) expect(keys).toContain(key);
  for (const [column, key] of keys.entries()) {
    const values = rows.map((row) => row[column] ?? Number.NaN);
    const isRatio = metricInfo(metricOfKey(key)).unit === '1';
    expect(
      values.every((value) => value >= 0 && (!isRatio || value <= 1)),
      key,
    ).toBe(true);
  }
  const cpu = rows.map((row) => row[keys.indexOf('system.cpu.utilization')] ?? Number.NaN);
  const mean = (from: number, to: number): number => {
    const part = cpu.slice((from * 3600_000) / step, (to * 3600_000) / step);
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  };
  expect(mean(10, 16)).toBeGreaterThan(mean(0, 4) + 0.1);
});

test('every kind of incident comes within a month, and each one ends', () => {
  const incidents = new Incidents(seededRandom(1), start);
  const seen = new Set<string>();
  let active = 0;
  for (let time = start; time < start + 30 * 86_400_000; time += 10_000)
    for (const kind of incidentKinds)
      if (incidents.strength(kind, time) > 0.5) {
        seen.add(kind);
        active++;
      }
  expect([...seen].toSorted()).toEqual([...incidentKinds].toSorted());
  expect(active / (30 * 8640)).toBeLessThan(0.15);
});

test('cores are told only when asked for, under keys of their own', () => {
  const simulated = host(2);
  const total = simulated.sample(start, { perCore: false });
  const cores = simulated.sample(start + 1000, { perCore: true });
  const count = simulated.facts().cpuCount;
  expect(cores.keys.length).toBe(total.keys.length + count);
  expect(simulated.sample(start + 2000, { perCore: false }).keys).toBe(total.keys);
});

test('facts and processes pass the protocol', () => {
  const simulated = host(5, 3);
  const facts = { ...simulated.facts(), agentVersion: '0', demo: true };
  expect(v.is(hostFactsSchema, facts)).toBe(true);
  simulated.sample(start, { perCore: false });
  expect(simulated.processes().length).toBeGreaterThan(3);
});

import { Faker, en } from '@faker-js/faker';
import { expect, test } from 'vitest';
import { pastOf } from './past.ts';
import { makeProfile } from './profile.ts';
import { SimulatedHost } from './simulated-host.ts';

test('the past of a simulated host is a row a minute until now, every value within its bounds', () => {
  const startMs = Date.now() - 6 * 3_600_000;
  const host = new SimulatedHost(makeProfile(new Faker({ locale: en, seed: 1 }), 0), 1, startMs);
  const { keys, timesMs, columns } = pastOf(host, startMs);
  expect(timesMs.length).toBeGreaterThanOrEqual(359);
  expect(timesMs.every((timeMs) => timeMs % 60_000 === 0)).toBe(true);
  expect(columns).toHaveLength(keys.length);
  const cpu = columns[keys.indexOf('system.cpu.utilization')] ?? [];
  expect(cpu).toHaveLength(timesMs.length);
  for (const value of cpu) expect(value).toBeGreaterThanOrEqual(0);
  for (const value of cpu) expect(value).toBeLessThanOrEqual(1);
});

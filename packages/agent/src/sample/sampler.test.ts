import fc from 'fast-check';
import { expect, it } from 'vitest';
import { metricInfo, metricOfKey, limits } from '@openmanager/protocol';
import { ManualTiming } from '../../test/manual-timing.ts';
import { SteadyCollector } from '../../test/steady-collector.ts';
import { silent } from '../log.ts';
import { countedSet, roundColumns, roundedSet, valuesOfSet } from './rounding.ts';
import { Sampler } from './sampler.ts';

interface Running {
  readonly timing: ManualTiming;
  readonly sampler: Sampler;
  readonly times: number[];
  readonly clockSets: number[];
  readonly collector: SteadyCollector;
}

function running(startMs = 1_700_000_001_234): Running {
  const timing = new ManualTiming(startMs);
  const collector = new SteadyCollector();
  const times: number[] = [];
  const clockSets: number[] = [];
  const sampler = new Sampler({
    collector,
    intervalMs: 5_000,
    timing,
    log: silent,
    onSample: (timeMs) => times.push(timeMs),
    onProcesses: () => {},
    onClockSet: (byMs) => clockSets.push(byMs),
  });
  sampler.start();
  return { timing, sampler, times, clockSets, collector };
}

it('stamps on the grid of the interval, one sample per point', async () => {
  const { timing, times } = running();
  await timing.advance(20_000);
  expect(times).toEqual([5_000, 10_000, 15_000, 20_000].map((ms) => 1_700_000_000_000 + ms));
});

it('does not tell a point twice when timers fire a moment early', async () => {
  const { timing, times } = running();
  const { after } = timing;
  await timing.advance(5_000);
  timing.after = (ms, callback) => after.call(timing, ms > 10 ? ms - 2 : ms, callback);
  await timing.advance(20_000);
  expect(times.map((timeMs) => timeMs - 1_700_000_000_000)).toEqual([
    5_000, 10_000, 15_000, 20_000, 25_000,
  ]);
});

it('changes to a new grid at once, and back', async () => {
  const { timing, sampler, times, collector } = running();
  await timing.advance(5_000);
  sampler.setCadence(1_000, true);
  await timing.advance(3_000);
  sampler.resetCadence();
  await timing.advance(10_000);
  expect(times.map((timeMs) => timeMs - 1_700_000_000_000)).toEqual([
    5_000, 7_000, 8_000, 9_000, 10_000, 15_000,
  ]);
  expect(collector.perCore).toEqual([false, true, true, true, false, false]);
});

it('goes on when the clock is set back or forth, and tells', async () => {
  const { timing, times, clockSets } = running();
  await timing.advance(5_000);
  timing.set(-3_600_000);
  await timing.advance(10_000);
  timing.set(7_200_000);
  await timing.advance(10_000);
  expect(clockSets).toEqual([-3_600_000, 7_200_000]);
  expect(times.length).toBeGreaterThanOrEqual(4);
  expect(times.every((timeMs) => timeMs % 5_000 === 0)).toBe(true);
});

it.each([1_500, 7_000, 20_000, 29_000])(
  'keeps every sample, in order, when the clock is set back by %i ms and comes to its own again',
  async (byMs) => {
    const { timing, times } = running();
    await timing.advance(20_000);
    timing.set(-byMs);
    await timing.advance(20_000);
    timing.set(byMs);
    await timing.advance(20_000);
    // One step forward may pass a point of the grid.
    expect(times.length).toBeGreaterThanOrEqual(11);
    expect(times).toEqual([...new Set(times)].toSorted((one, other) => one - other));
  },
);

it('goes on after a collector that throws', async () => {
  const { timing, times, collector } = running();
  const { sample } = collector;
  collector.sample = () => {
    throw new Error('broken');
  };
  await timing.advance(10_000);
  collector.sample = sample;
  await timing.advance(5_000);
  expect(times).toHaveLength(1);
});

it('rounds to what the catalogue keeps, and knows no infinity', () => {
  const keys = [
    'system.cpu.utilization',
    'system.memory.limit',
    'hw.temperature{hw.id="x"}',
    'unknown.metric',
  ];
  fc.assert(
    fc.property(fc.array(fc.double(), { minLength: 4, maxLength: 4 }), (numbers) => {
      const columns = roundColumns(Float64Array.from(numbers), roundedSet(keys).powers);
      for (const [index, column] of columns.entries()) {
        const value = numbers[index] as number;
        const rounded = column[0] as number;
        if (!Number.isFinite(value)) {
          expect(rounded).toBeNaN();
          continue;
        }
        const { storedDecimals } = metricInfo(metricOfKey(keys[index] as string));
        const unit = 10 ** -storedDecimals;
        expect(Math.abs(rounded - value)).toBeLessThanOrEqual(
          Math.max(unit / 2, Math.abs(value) * 1e-15) * 1.000_001,
        );
        if (Math.abs(value) < 1e6) expect(rounded).toBe(Number(rounded.toFixed(storedDecimals)));
      }
    }),
  );
  const odd = roundColumns(
    Float64Array.of(Number.POSITIVE_INFINITY, 1.5, 0.25, Number.NaN),
    roundedSet(keys).powers,
  );
  expect(odd.map((column) => column[0])).toEqual([Number.NaN, 2, 0.3, Number.NaN]);
});

it('leaves out, and counts, series beyond what one message takes', () => {
  const keys = Array.from(
    { length: 5_000 },
    (_, index) => `system.disk.io{system.device="${'x'.repeat(80)}${index}"}`,
  );
  const { set, leftOut, powers } = roundedSet(keys);
  expect(leftOut).toBeGreaterThan(0);
  expect(set.keys.length + leftOut).toBe(5_000);
  expect(powers).toHaveLength(set.keys.length);
  const message = JSON.stringify({ type: 'series-set', id: set.id, keys: set.keys });
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(limits.agentMessageBytes);
  expect(Buffer.byteLength(message)).toBeGreaterThan(limits.agentMessageBytes - 1_000);
});

it('of each metric the first series fit first, and how many do not is one of them', () => {
  const many = (metric: string): string[] => [
    metric,
    ...Array.from(
      { length: 2_000 },
      (_, at) => `${metric}{system.device="${'x'.repeat(80)}${at}"}`,
    ),
  ];
  const keys = [
    ...many('system.filesystem.utilization'),
    ...many('system.disk.io_time'),
    'system.uptime',
  ];
  const values = Float64Array.from(keys, (_, at) => at);
  const counted = countedSet(keys);
  const sent = valuesOfSet(values, counted);
  const value = (key: string): number | undefined => sent[counted.set.keys.indexOf(key)];
  for (const key of ['system.filesystem.utilization', 'system.disk.io_time', 'system.uptime'])
    expect(value(key)).toBe(keys.indexOf(key));
  const leftOut = value('openmanager.agent.not_listed{source="batch"}') as number;
  expect(counted.set.keys.length - 1 + leftOut).toBe(keys.length);
  const message = JSON.stringify({
    type: 'series-set',
    id: counted.set.id,
    keys: counted.set.keys,
  });
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(limits.agentMessageBytes);
  // Nothing is said where all fit.
  const few = countedSet(['system.uptime']);
  expect(few.set.keys).toEqual(['system.uptime']);
  expect(valuesOfSet(values, few)).toBe(values);
});

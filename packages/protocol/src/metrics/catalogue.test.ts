import { expect, test } from 'vitest';
import {
  headlineKeys,
  isForecast,
  isWatched,
  metricInfo,
  metricName,
  metrics,
  SILENCE_METRIC,
} from './catalogue.ts';
import { metricOfKey } from '../series.ts';

test('what is full is a share, and what is forecast and drawn is measured', () => {
  for (const [metric, { unit, attributes, fullAt, forecast, chart, unwatched }] of Object.entries(
    metrics,
  )) {
    if (fullAt !== undefined) expect([metric, unit, forecast]).toEqual([metric, '1', 'each']);
    for (const one of [chart?.by, chart?.direction, unwatched === true ? undefined : unwatched])
      if (one !== undefined) expect(attributes, metric).toContain(one);
  }
  for (const key of headlineKeys) expect(Object.hasOwn(metrics, metricOfKey(key)), key).toBe(true);
});

test('the whole processor is forecast and not its modes; of filesystems each', () => {
  expect(isForecast('system.cpu.utilization')).toBe(true);
  expect(isForecast('system.cpu.utilization{cpu.mode="user"}')).toBe(false);
  expect(isForecast('system.filesystem.utilization{system.filesystem.mountpoint="/"}')).toBe(true);
  expect(isForecast('system.uptime')).toBe(false);
  expect(isForecast('ours.made.up')).toBe(false);
});

test('detectors watch what may stand out: no clocks, no sizes, no single cores', () => {
  expect(isWatched('system.cpu.utilization')).toBe(true);
  expect(isWatched('system.cpu.utilization{cpu.mode="user"}')).toBe(true);
  expect(isWatched('system.cpu.utilization{cpu.logical_number="0"}')).toBe(false);
  expect(isWatched('system.uptime')).toBe(false);
  expect(isWatched('system.memory.limit')).toBe(false);
  expect(isWatched('ours.made.up')).toBe(true);
});

test('a metric nobody named keeps its own name and is a plain number, or a share by its name', () => {
  expect(metricName('ours.made.up', 'ko')).toBe('ours.made.up');
  expect(metricInfo('ours.made.up').unit).toBe('{unit}');
  expect(metricInfo('container.cpu.utilization').unit).toBe('1');
  // Not a property that every object has.
  expect(metricName('constructor', 'en')).toBe('constructor');
});

test('what the hub notices by itself has a name and a unit', () => {
  expect(metricName(SILENCE_METRIC, 'en')).toBe('Silence');
  expect(metricInfo('host.clock.offset')).toMatchObject({ unit: 's' });
});

/**
 * What detection costs: one point of 1,000 interleaved series through a detector each (judged and learned), the
 * bytes of state per series, and the size of the bundle; against a TensorFlow.js autoencoder (16-8-4-8-16, backend
 * cpu, trained beforehand, training not counted) that judges the same points one by one, and all 1,000 series in
 * one batch, which is the best case for it and needs all series to have their points at the same time. The
 * autoencoder does not learn while it judges; our detector does. Rounds of the three alternate. And the detector of a
 * whole host: 20 interleaved hosts of 60 metrics, per sample and metric.
 */
import {
  createDetector,
  createHostDetector,
  type Detector,
  type HostDetector,
} from '@openmanager/analytics';
import { createAutoencoder, WINDOW, type Autoencoder } from './detect/autoencoder.ts';
import { bundleBytes } from './detect/bundle.ts';
import { atLeast, atMost, quantile, type BenchOptions, type BenchResult } from './harness.ts';

const SERIES = 1000;
const INTERVAL_MS = 5000;
const HOSTS = 20;
const METRICS = 60;
const START_MS = Date.UTC(2026, 0, 5);

/** Value of a series at a tick: a daily rhythm, an own level, noise; repeatable. */
function valueAt(series: number, tick: number): number {
  const mixed = Math.sin(series * 12.9898 + tick * 78.233) * 43758.5453;
  const noise = mixed - Math.floor(mixed);
  return 20 + (series % 17) + 10 * Math.sin((2 * Math.PI * tick) / 17_280 + series) + noise;
}

function microseconds(work: () => void, points: number): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1000 / points;
}

interface Memory {
  readonly heap: number;
  readonly buffers: number;
}

function memory(): Memory {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heap: heapUsed, buffers: arrayBuffers };
}

function liveBytes(): { bytes: number; snapshot: number } {
  const warm = Array.from({ length: 100 }, () => createDetector());
  const before = memory();
  const detectors = Array.from({ length: 10_000 }, () => createDetector());
  const after = memory();
  const bytes = after.heap - before.heap + after.buffers - before.buffers;
  return {
    bytes: bytes / detectors.length,
    snapshot: (warm[0] as Detector).snapshot().byteLength,
  };
}

/** Microseconds per sample and metric of hosts judged in turns, and bytes of state per metric. */
function hostCost(ticks: number, rounds: number): { microseconds: number; bytes: number } {
  const detectors = Array.from({ length: HOSTS }, () => createHostDetector());
  let tick = 0;
  const round = (count: number): number => {
    const samples = Array.from({ length: count * HOSTS }, (_, index) =>
      Float64Array.from({ length: METRICS }, (__, metric) =>
        valueAt((index % HOSTS) * METRICS + metric, tick + Math.floor(index / HOSTS)),
      ),
    );
    return microseconds(() => {
      for (const [index, sample] of samples.entries())
        (detectors[index % HOSTS] as HostDetector).push(
          START_MS + (tick + Math.floor(index / HOSTS)) * INTERVAL_MS,
          sample,
        );
      tick += count;
    }, samples.length * METRICS);
  };
  // Past probation.
  round(700);
  const times = Array.from({ length: rounds }, () => round(ticks));
  return {
    microseconds: quantile(times, 0.5),
    bytes: (detectors[0] as HostDetector).snapshot().byteLength / METRICS,
  };
}

function windowsAt(tick: number): Float32Array {
  const windows = new Float32Array(SERIES * WINDOW);
  for (let series = 0; series < SERIES; series++)
    for (let back = 0; back < WINDOW; back++)
      windows[series * WINDOW + back] = (valueAt(series, tick - WINDOW + 1 + back) - 30) / 10;
  return windows;
}

async function trained(epochs: number): Promise<Autoencoder> {
  const autoencoder = await createAutoencoder();
  await autoencoder.train(windowsAt(100), epochs);
  return autoencoder;
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  const rounds = options.quick ? 5 : 20;
  const ticksPerRound = options.quick ? 50 : 200;
  const detectors = Array.from({ length: SERIES }, () => createDetector());
  let tick = 0;
  const ourRound = (): number => {
    const values = Array.from({ length: ticksPerRound }, (_, index) =>
      Float64Array.from({ length: SERIES }, (__, series) => valueAt(series, tick + index)),
    );
    return microseconds(() => {
      for (const row of values) {
        const timeMs = START_MS + tick++ * INTERVAL_MS;
        for (let series = 0; series < SERIES; series++)
          (detectors[series] as Detector).update(timeMs, row[series] as number);
      }
    }, ticksPerRound * SERIES);
  };
  const autoencoder = await trained(5);
  const singles = options.quick ? 200 : 1000;
  const singleRound = (): number => {
    const windows = windowsAt(tick);
    return microseconds(() => {
      for (let series = 0; series < singles; series++)
        autoencoder.errors(windows.subarray(series * WINDOW, (series + 1) * WINDOW));
    }, singles);
  };
  const batchRound = (): number => {
    const windows = windowsAt(tick);
    return microseconds(() => void autoencoder.errors(windows), SERIES);
  };
  // Past probation and the first compilation.
  while (tick < 400) ourRound();
  singleRound();
  batchRound();
  const [ours, single, batch]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    ours.push(ourRound());
    single.push(singleRound());
    batch.push(batchRound());
  }
  const [our, one, all] = [ours, single, batch].map((times) => quantile(times, 0.5)) as [
    number,
    number,
    number,
  ];
  const ofHost = hostCost(ticksPerRound, rounds);
  const live = liveBytes();
  const ourBundle = await bundleBytes(new URL('detect/ours.ts', import.meta.url));
  const theirBundle = await bundleBytes(new URL('detect/autoencoder.ts', import.meta.url));
  const against = 'TensorFlow.js autoencoder';
  return {
    bench: 'detect',
    figures: [
      atMost('one point of 1,000 interleaved series', our, 'µs', 2),
      atMost('state of a series (snapshot)', live.snapshot, 'bytes', 2048),
      { name: 'live memory of a series, objects included', value: live.bytes, unit: 'bytes' },
      atMost('a host of 60 metrics, per sample and metric', ofHost.microseconds, 'µs', 2),
      atMost('state of a host (snapshot), per metric', ofHost.bytes, 'bytes', 2048),
      { name: `${against}, per sample`, value: one, unit: 'µs' },
      atLeast('faster per sample', one / our, 'times', 10, { against: `${against}, per sample` }),
      { name: `${against}, 1,000 series in a batch`, value: all, unit: 'µs' },
      {
        name: 'against its batch',
        value: all / our,
        unit: 'times as fast',
        against: `${against}, batched`,
      },
      {
        name: 'bundle, minified and gzipped',
        value: ourBundle / 1000,
        unit: 'kB',
        against: `${(theirBundle / 1000).toFixed(0)} kB with TensorFlow.js`,
      },
      atLeast('smaller bundle', 100 * (1 - ourBundle / theirBundle), '%', 90, {
        against: 'TensorFlow.js',
      }),
    ],
  };
}

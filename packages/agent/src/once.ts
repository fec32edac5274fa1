/** One sample of this machine, without a hub: what the agent would send. */
import { setTimeout as wait } from 'node:timers/promises';
import { SECOND_MS } from '@openmanager/protocol/durations';
import type { ChoiceEntries } from './collect/choices.ts';
import type { CollectedFacts, Collector } from './collect/collector.ts';
import { localCollector } from './collect/local.ts';
import type { Log } from './log.ts';

/** Rates need a step behind them. */
const STEP_MS = SECOND_MS;
/** Sources that ask other programs are waited for so long. */
const SETTLE_MS = 10 * SECOND_MS;

export interface OnceOptions extends ChoiceEntries {
  readonly log?: Log;
  /** Source of samples. @default this machine */
  readonly collect?: Collector;
}

export interface OneSample {
  readonly facts: CollectedFacts;
  readonly timeMs: number;
  /** Value by series key, base units; what has no value is left out. */
  readonly values: Readonly<Record<string, number>>;
  /** Longest time of each source, ms. */
  readonly collectMs: Readonly<Record<string, number>>;
  /** Filesystems that do not answer: while there are any, the process can end by a signal only. */
  readonly stuck: number;
}

export async function sampleOnce(options: OnceOptions = {}): Promise<OneSample> {
  const collector = options.collect ?? (await localCollector(options));
  let sample: Omit<OneSample, 'stuck'>;
  try {
    sample = await secondSample(collector);
  } finally {
    await collector.close?.();
  }
  return { ...sample, stuck: collector.stuck?.() ?? 0 };
}

async function secondSample(collector: Collector): Promise<Omit<OneSample, 'stuck'>> {
  const facts = await collector.facts();
  await collector.sample(Date.now(), { perCore: false });
  // The programs that are asked do not keep this process running: the timers do.
  await Promise.all([wait(STEP_MS), within(SETTLE_MS, collector.settled?.())]);
  const timeMs = Date.now();
  const { keys, values } = await collector.sample(timeMs, { perCore: false });
  const known = keys
    .map((key, at) => [key, values[at] as number] as const)
    .filter(([, value]) => !Number.isNaN(value));
  const costs = Object.entries((await collector.costs?.()) ?? {});
  return {
    facts,
    timeMs,
    values: Object.fromEntries(known),
    collectMs: Object.fromEntries(costs.map(([source, { maxMs }]) => [source, maxMs])),
  };
}

async function within(ms: number, settled: Promise<void> | undefined): Promise<void> {
  const enough = new AbortController();
  const late = wait(ms, undefined, { signal: enough.signal }).catch(() => undefined);
  await Promise.race([settled, late]);
  enough.abort();
}

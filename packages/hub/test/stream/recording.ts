/** A live stream in virtual time, with all that went in and came out, and the promises it must keep. */
import type { HostInfo, Severity } from '@openmanager/protocol';
import { TestScheduler } from 'rxjs/testing';
import { expect } from 'vitest';
import type { HostTick } from '../../src/ports/tick.ts';
import type { HostUpdate } from '../../src/ports/update.ts';
import { codesOf } from '../../src/stream/display.ts';
import {
  createLiveStream,
  type LiveStream,
  type LiveStreamOptions,
} from '../../src/stream/live-stream.ts';

export const CONFLATE_MS = 1_000;
export const SLACK_MS = 200;
/** What the clock shows at virtual time 0. */
export const START_MS = 1_700_000_000_000;

export const keys: readonly string[] = [
  'system.cpu.utilization',
  'system.memory.utilization',
  'system.uptime',
];

export interface Arrival {
  readonly atMs: number;
  readonly update: HostUpdate;
}

export interface Departure {
  readonly atMs: number;
  readonly tick: HostTick;
}

export function scheduler(): TestScheduler {
  return new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
}

export function infoOf(hostId: string, intervalMs = 5_000): HostInfo {
  const facts = {
    hostname: `name-of-${hostId}`,
    os: 'linux',
    osName: 'Debian 12',
    kernel: '6.1',
    arch: 'x64',
    cpuModel: 'cpu',
    cpuCount: 4,
    memoryBytes: 2 ** 33,
    timeZone: 'Asia/Seoul',
    agentVersion: '0.1.0',
    demo: false,
  };
  return { hostId, facts, clockOffsetMs: 0, clockSkewed: false, intervalMs, firstSeenMs: START_MS };
}

export function updateOf(
  hostId: string,
  atMs: number,
  values: readonly number[],
  ofKeys = keys,
): HostUpdate {
  const timeMs = START_MS + atMs;
  return { hostId, timeMs, receivedMs: timeMs, keys: ofKeys, values: Float64Array.from(values) };
}

export interface Recording {
  readonly arrivals: Arrival[];
  readonly departures: Departure[];
  /** Samples in the order in which they were judged. */
  readonly judged: HostUpdate[];
}

/** Runs `script` with a stream in virtual time; the stream is stopped at `endMs`. */
export function record(
  endMs: number,
  script: (
    stream: LiveStream,
    virtual: TestScheduler,
    at: (ms: number, act: () => void) => void,
  ) => void,
  options: Partial<LiveStreamOptions> & {
    severityOf?: (update: HostUpdate) => Severity | undefined;
    /** How far the wall clock is ahead of the timers. */
    aheadMs?: () => number;
  } = {},
): Recording {
  const recording: Recording = { arrivals: [], departures: [], judged: [] };
  const virtual = scheduler();
  virtual.run(() => {
    const { severityOf, aheadMs, ...others } = options;
    const stream = createLiveStream({
      clock: { now: () => START_MS + virtual.now() + (aheadMs?.() ?? 0) },
      scheduler: virtual,
      conflateMs: CONFLATE_MS,
      conflateSlackMs: SLACK_MS,
      judge: (update) => {
        recording.judged.push(update);
        return severityOf?.(update);
      },
      ...others,
    });
    stream.onTick((tick) => recording.departures.push({ atMs: virtual.now(), tick }));
    const update = stream.update.bind(stream);
    stream.update = (sample) => {
      recording.arrivals.push({ atMs: virtual.now(), update: sample });
      update(sample);
    };
    const at = (ms: number, act: () => void): void => {
      virtual.schedule(act, ms);
    };
    script(stream, virtual, at);
    at(endMs, () => stream.stop());
  });
  return recording;
}

/** Each broken promise in a sentence; none when all are kept. */
export function brokenPromises(
  arrivals: readonly Arrival[],
  departures: readonly Departure[],
): string[] {
  const hostIds = new Set(arrivals.map(({ update }) => update.hostId));
  return [...hostIds].flatMap((hostId) => {
    const samples = arrivals.filter(({ update }) => update.hostId === hostId);
    const ticks = departures.filter(({ tick }) => tick.hostId === hostId && tick.keys.length > 0);
    return [...lateOrLost(samples, ticks), ...repeated(ticks), ...tooMany(ticks)].map(
      (text) => `${hostId}: ${text}`,
    );
  });
}

function sameCodes(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length === b.length && Array.from(a).every((code, index) => code === b[index]);
}

/** One second after a sample the screen shows that sample, or a newer one. */
function lateOrLost(samples: readonly Arrival[], ticks: readonly Departure[]): string[] {
  return samples.flatMap(({ atMs }) => {
    const shown = ticks.findLast((tick) => tick.atMs <= atMs + CONFLATE_MS)?.tick;
    const acceptable = samples.filter(
      (other) => other.atMs >= atMs && other.atMs <= atMs + CONFLATE_MS,
    );
    const found =
      shown &&
      acceptable.some(({ update }) => sameCodes(codesOf(update.keys, update.values), shown.codes));
    return found ? [] : [`the sample at ${atMs} is not shown by ${atMs + CONFLATE_MS}`];
  });
}

function repeated(ticks: readonly Departure[]): string[] {
  return ticks.slice(1).flatMap(({ tick, atMs }, index) => {
    const before = ticks[index]?.tick;
    if (!before) return [];
    if (tick.change.kind === 'keys')
      return before.keys === tick.keys ? [`keys told twice at ${atMs}`] : [];
    const changed = [...tick.codes.keys()].filter(
      (place) => tick.codes[place] !== before.codes[place],
    );
    if (!sameCodes(changed, tick.change.changed)) return [`wrong changes at ${atMs}`];
    const other = tick.status !== before.status || tick.priority !== before.priority;
    return changed.length === 0 && !other ? [`nothing new at ${atMs}`] : [];
  });
}

function tooMany(ticks: readonly Departure[]): string[] {
  return ticks.flatMap(({ atMs }, first) =>
    ticks
      .slice(first + 1)
      .flatMap((later, index) =>
        later.atMs - atMs < (index + 1) * CONFLATE_MS - SLACK_MS
          ? [`${index + 2} ticks from ${atMs} to ${later.atMs}`]
          : [],
      ),
  );
}

import fc from 'fast-check';
import { map, merge, Subject, type Observable } from 'rxjs';
import { describe, expect, test } from 'vitest';
import type { HostUpdate } from '../ports/update.ts';
import { conflate } from './conflate.ts';
import { distinct } from './distinct.ts';
import { perHost } from './per-host.ts';
import { prioritised } from './priority.ts';
import { emptyView, nextView, type HostView } from './view.ts';
import {
  brokenPromises,
  CONFLATE_MS,
  infoOf,
  keys,
  record,
  scheduler,
  updateOf,
  type Arrival,
  type Departure,
} from '../../test/stream/recording.ts';

const hostIds = Array.from({ length: 100 }, (_, index) => `host${String(index).padStart(8, '0')}`);
const END_MS = 30_000;

/**
 * A host's samples as marbles, one per letter: a burst, a repetition, a value that differs by less than the
 * screen shows (c), a pause, and a last one right before silence. Each host begins at its own time.
 */
function marblesOf(index: number): string {
  return `${1 + ((index * 37) % 900)}ms a ${index % 7}ms b 120ms b 300ms c 90ms a 3s a 999ms b 1s a 1001ms d 5ms d 5ms e`;
}

const values: Readonly<Record<string, readonly number[]>> = {
  a: [0.1, 0.5, 100],
  b: [0.2, 0.5, 101],
  c: [0.20004, 0.50001, 101.2],
  d: [0.9, 0.5, 102],
  e: [0.3, 0.97, 103],
};

interface Letter {
  readonly hostId: string;
  readonly letter: string;
}

describe('100 hosts in one stream', () => {
  test('the newest value of every host is shown within a second, nothing unchanged is sent', () => {
    const { arrivals, departures, judged } = record(END_MS, (stream, virtual) => {
      for (const hostId of hostIds) stream.hostInfo(infoOf(hostId));
      letters((marbles) => virtual.createHotObservable(marbles)).subscribe(({ hostId, letter }) =>
        stream.update(updateOf(hostId, virtual.now(), values[letter] ?? [])),
      );
    });
    expect(arrivals).toHaveLength(1_100);
    expect(brokenPromises(arrivals, departures)).toEqual([]);
    expect(judged).toEqual(arrivals.map(({ update }) => update));
    for (const hostId of hostIds) {
      const last = departures.findLast(({ tick }) => tick.hostId === hostId)?.tick;
      expect(last?.timeMs).toBe(
        arrivals.findLast(({ update }) => update.hostId === hostId)?.update.timeMs,
      );
    }
  });

  test('one throttle for all hosts would break these promises', () => {
    const arrivals: Arrival[] = [];
    const departures: Departure[] = [];
    const virtual = scheduler();
    virtual.run(() => {
      const options = { intervalMs: CONFLATE_MS, slackMs: 0, scheduler: virtual };
      letters((marbles) => virtual.createHotObservable(marbles))
        .pipe(
          map(({ hostId, letter }): HostView => {
            const update = updateOf(hostId, virtual.now(), values[letter] ?? []);
            arrivals.push({ atMs: virtual.now(), update });
            const sample = { kind: 'sample', hostId, update, severity: undefined } as const;
            return nextView(emptyView(hostId, 'stale'), sample);
          }),
          conflate(options),
          perHost(new Subject<string>(), (host$: Observable<HostView>) =>
            host$.pipe(prioritised(), distinct()),
          ),
        )
        .subscribe((tick) => departures.push({ atMs: virtual.now(), tick }));
    });
    expect(brokenPromises(arrivals, departures).length).toBeGreaterThan(900);
  });
});

function letters(hot: (marbles: string) => Observable<string>): Observable<Letter> {
  return merge(
    ...hostIds.map((hostId, index) =>
      hot(marblesOf(index)).pipe(map((letter) => ({ hostId, letter }))),
    ),
  );
}

test('the promises hold for any sequence of samples', () => {
  const step = fc.record({
    waitMs: fc.oneof(
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 0, max: 2_500 }),
      fc.constantFrom(199, 200, 800, 801, 999, 1_000, 1_001),
    ),
    host: fc.integer({ min: 0, max: 3 }),
    cpu: fc.constantFrom(0.1, 0.10004, 0.2, 0.69, 0.71, 0.86, 0.96, Number.NaN),
    fewerKeys: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const endMs = steps.reduce((sum, { waitMs }) => sum + waitMs, 0) + 5_000;
      const two = keys.slice(0, 2);
      const { arrivals, departures, judged } = record(endMs, (stream, _, at) => {
        for (const hostId of hostIds.slice(0, 4)) stream.hostInfo(infoOf(hostId, 600_000));
        let atMs = 0;
        for (const { waitMs, host, cpu, fewerKeys } of steps) {
          atMs += waitMs;
          const sampleMs = atMs;
          const hostId = hostIds[host] ?? '';
          at(sampleMs, () =>
            stream.update(
              fewerKeys
                ? updateOf(hostId, sampleMs, [cpu, 0.5], two)
                : updateOf(hostId, sampleMs, [cpu, 0.5, 7]),
            ),
          );
        }
      });
      expect(arrivals).toHaveLength(steps.length);
      expect(brokenPromises(arrivals, departures)).toEqual([]);
      expect(judged).toEqual(arrivals.map(({ update }) => update));
    }),
    { numRuns: 300 },
  );
});

const [hostId = ''] = hostIds;
const calm = [0.1, 0.2, 50] as const;

describe('what makes a tick', () => {
  test('a host that becomes known, and its first sample at once after it', () => {
    const { departures } = record(2_000, (stream, _, at) => {
      at(10, () => stream.hostInfo(infoOf(hostId)));
      at(11, () => stream.update(updateOf(hostId, 11, calm)));
    });
    expect(departures).toMatchObject([
      {
        atMs: 10,
        tick: { hostId, keys: [], status: 'stale', priority: 'low', timeMs: 0, receivedMs: 0 },
      },
      { atMs: 11, tick: { hostId, keys, status: 'online', change: { kind: 'keys' } } },
    ]);
  });

  test('a change of severity alone, from the judge and by time', () => {
    const { departures } = record(
      8_000,
      (stream, _, at) => {
        stream.hostInfo(infoOf(hostId));
        at(1_000, () => stream.update(updateOf(hostId, 1_000, calm)));
        at(3_000, () => stream.update(updateOf(hostId, 3_000, calm)));
        at(5_000, () => stream.severity(hostId, 'critical'));
        at(5_500, () => stream.severity(hostId, 'critical'));
        at(7_000, () => stream.severity(hostId, undefined));
      },
      { severityOf: ({ timeMs }) => (timeMs % 10_000 === 3_000 ? 'warning' : undefined) },
    );
    expect(departures.slice(2).map(({ atMs, tick }) => [atMs, tick.priority, tick.change])).toEqual(
      [
        [3_000, 'high', { kind: 'values', changed: [] }],
        [5_000, 'critical', { kind: 'values', changed: [] }],
        [7_000, 'low', { kind: 'values', changed: [] }],
      ],
    );
  });

  test('keys that are equal but another array are the same keys', () => {
    const { departures } = record(4_000, (stream, _, at) => {
      stream.hostInfo(infoOf(hostId));
      at(1_000, () => stream.update(updateOf(hostId, 1_000, calm)));
      at(2_000, () => stream.update(updateOf(hostId, 2_000, calm, [...keys])));
      at(3_000, () => stream.update(updateOf(hostId, 3_000, [0.1, 0.3, 50], [...keys])));
    });
    expect(departures.slice(2)).toMatchObject([
      { atMs: 3_000, tick: { change: { kind: 'values', changed: [1] } } },
    ]);
    expect(departures.at(-1)?.tick.keys).toBe(keys);
  });

  test('load sets the priority, and the worse of load and alerts counts', () => {
    const loads = [0.7, 0.71, 0.85, 0.86, 0.95, 0.96];
    const ofCpu = loads.map((load) => [load, 0.1, 1]);
    const ofMemory = loads.map((load) => [0.1, load, 2]);
    const { departures } = record(40_000, (stream, _, at) => {
      stream.hostInfo(infoOf(hostId, 600_000));
      for (const [index, sample] of [...ofCpu, ...ofMemory].entries())
        at(index * 2_000 + 1, () => stream.update(updateOf(hostId, index * 2_000 + 1, sample)));
      at(30_000, () => stream.severity(hostId, 'info'));
    });
    const expected = ['low', 'medium', 'medium', 'high', 'high', 'critical'];
    expect(departures.slice(1).map(({ tick }) => tick.priority)).toEqual([
      ...expected,
      ...expected,
    ]);
  });
});

test('the load of a host that is offline counts no more, its alerts do', () => {
  const { departures } = record(90_000, (stream, _, at) => {
    stream.hostInfo(infoOf(hostId));
    at(1_000, () => stream.update(updateOf(hostId, 1_000, [0.99, 0.1, 1])));
    at(70_000, () => stream.severity(hostId, 'warning'));
  });
  expect(departures.slice(1).map(({ tick }) => [tick.status, tick.priority])).toEqual([
    ['online', 'critical'],
    ['stale', 'critical'],
    ['offline', 'low'],
    ['offline', 'high'],
  ]);
});

describe('hosts come and go', () => {
  test('a removed host gives no further tick, not even the one that was held, and can come back', () => {
    const seen: string[] = [];
    const { departures } = record(9_000, (stream, _, at) => {
      stream.onRemoved((id) => seen.push(`${id} ${stream.state(id) ? 'known' : 'gone'}`));
      stream.hostInfo(infoOf(hostId));
      at(1_000, () => stream.update(updateOf(hostId, 1_000, [0.1, 0.1, 1])));
      at(1_500, () => stream.update(updateOf(hostId, 1_500, [0.2, 0.1, 1])));
      at(1_600, () => stream.removeHost(hostId));
      at(1_700, () => stream.update(updateOf(hostId, 1_700, [0.3, 0.1, 1])));
      at(5_000, () =>
        expect([stream.all(), stream.hosts(), stream.stats().unknownHost]).toEqual([[], [], 1]),
      );
      at(6_000, () => stream.hostInfo(infoOf(hostId)));
      at(6_100, () => stream.update(updateOf(hostId, 6_100, [0.4, 0.1, 1])));
    });
    expect(departures.map(({ atMs }) => atMs)).toEqual([0, 1_000, 6_000, 6_100]);
    expect(seen).toEqual([`${hostId} gone`]);
  });

  test('a host that comes back at once shows nothing of its life before', () => {
    const { departures } = record(5_000, (stream, _, at) => {
      stream.hostInfo(infoOf(hostId));
      at(1_000, () => stream.update(updateOf(hostId, 1_000, [0.1, 0.1, 1])));
      at(1_500, () => stream.update(updateOf(hostId, 1_500, [0.2, 0.1, 1])));
      at(1_600, () => stream.removeHost(hostId));
      at(1_650, () => stream.hostInfo(infoOf(hostId)));
    });
    expect(departures.map(({ atMs, tick }) => [atMs, tick.keys.length])).toEqual([
      [0, 0],
      [1_000, 3],
      [1_650, 0],
    ]);
  });

  test('groups end with their hosts: as many streams are open as hosts are known', () => {
    let open = 0;
    const virtual = scheduler();
    virtual.run(() => {
      const updates = new Subject<HostUpdate>();
      const removed = new Subject<string>();
      const counted = (host$: Observable<HostUpdate>): Observable<HostUpdate> => {
        open++;
        host$.subscribe({ complete: () => open-- });
        return host$;
      };
      updates.pipe(perHost(removed, counted)).subscribe();
      for (let round = 0; round < 50; round++) {
        for (const id of hostIds) updates.next(updateOf(id, round, calm));
        expect(open).toBe(hostIds.length);
        for (const id of hostIds) removed.next(id);
        expect(open).toBe(0);
      }
    });
  });

  test('hosts beyond the bound are refused and counted', () => {
    const { departures } = record(
      1_000,
      (stream, _, at) => {
        for (const id of hostIds) stream.hostInfo(infoOf(id));
        for (const id of hostIds) stream.update(updateOf(id, 0, calm));
        at(500, () =>
          expect(stream.stats()).toMatchObject({
            hosts: 60,
            hostsRefused: 40,
            updates: 60,
            unknownHost: 40,
          }),
        );
      },
      { maxHosts: 60 },
    );
    expect(new Set(departures.map(({ tick }) => tick.hostId)).size).toBe(60);
  });
});

test('errors of the judge or a listener reach onError, and everything else goes on', () => {
  const errors: unknown[] = [];
  const { departures } = record(
    3_000,
    (stream, _, at) => {
      stream.onTick(() => {
        throw new Error('listener');
      });
      stream.hostInfo(infoOf(hostId));
      at(1_000, () => stream.severity(hostId, 'critical'));
      at(2_000, () => stream.update(updateOf(hostId, 2_000, calm)));
    },
    {
      onError: (error) => errors.push((error as Error).message),
      judge: () => {
        throw new Error('judge');
      },
    },
  );
  expect(errors).toEqual(['listener', 'listener', 'judge', 'listener']);
  expect(departures.at(-1)?.tick).toMatchObject({ keys, priority: 'critical' });
});

test('late rows, processes and facts go to their listeners, for known hosts only', () => {
  record(1_000, (stream) => {
    const heard: unknown[] = [];
    stream.onLate((rows) => heard.push(['late', rows.hostId]));
    stream.onProcesses((table) => heard.push(['processes', table.hostId]));
    stream.onHostInfo((info) => heard.push(['info', info.clockOffsetMs]));
    stream.hostInfo(infoOf(hostId));
    stream.hostInfo(infoOf(hostId));
    stream.hostInfo({ ...infoOf(hostId), clockOffsetMs: 40_000 });
    for (const id of [hostId, 'stranger0000']) {
      stream.late({ hostId: id, keys, timesMs: [1], columns: keys.map(() => Float64Array.of(1)) });
      stream.processes({ hostId: id, timeMs: 1, rows: [] });
    }
    expect(heard).toEqual([
      ['info', 0],
      ['info', 40_000],
      ['late', hostId],
      ['processes', hostId],
    ]);
    expect(stream.processes(hostId)).toMatchObject({ timeMs: 1 });
    expect(stream.stats().unknownHost).toBe(2);
    expect(stream.host(hostId)).toMatchObject({
      clockOffsetMs: 40_000,
      lastSampleAtMs: null,
      metrics: {},
    });
    stream.update(updateOf(hostId, 5, [0.12345, Number.NaN, 3]));
    expect(stream.host(hostId)?.metrics).toEqual({
      'system.cpu.utilization': 0.12345,
      'system.uptime': 3,
    });
  });
});

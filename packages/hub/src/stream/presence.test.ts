import { describe, expect, test } from 'vitest';
import {
  nextPresence,
  Presence,
  presenceEvents,
  presenceStates,
  shownStatus,
  type PresenceEvent,
  type PresenceState,
} from './presence.ts';
import { infoOf, record, START_MS, updateOf } from '../../test/stream/recording.ts';

/** Every cell, written out a second time from what the states mean. */
const expected: {
  readonly [S in PresenceState]: { readonly [E in PresenceEvent]: PresenceState };
} = {
  expected: { connected: 'online', heard: 'online', quiet: 'expected', silent: 'offline' },
  online: { connected: 'online', heard: 'online', quiet: 'stale', silent: 'offline' },
  stale: { connected: 'stale', heard: 'online', quiet: 'stale', silent: 'offline' },
  offline: { connected: 'offline', heard: 'online', quiet: 'offline', silent: 'offline' },
};

describe('the transition table', () => {
  for (const state of presenceStates)
    for (const event of presenceEvents)
      test(`${state}, ${event} → ${expected[state][event]}`, () => {
        expect(nextPresence(state, event)).toBe(expected[state][event]);
      });

  test('what is not known yet shows as stale', () => {
    expect(presenceStates.map(shownStatus)).toEqual(['stale', 'online', 'stale', 'offline']);
  });
});

const hostId = 'abcdefghijkl';
const values = [0.1, 0.1, 1];

interface Seen {
  readonly statuses: readonly (readonly [atMs: number, status: string, previous: string])[];
  readonly ticks: readonly (readonly [atMs: number, status: string])[];
}

/** Samples at the given times, agent connected from the start; who is told what, when. */
function watch(endMs: number, samplesMs: readonly number[], intervalMs = 5_000): Seen {
  const statuses: [number, string, string][] = [];
  const { departures } = record(endMs, (stream, virtual, at) => {
    stream.onStatus((_, status, previous) => statuses.push([virtual.now(), status, previous]));
    stream.hostInfo(infoOf(hostId, intervalMs));
    for (const [index, atMs] of samplesMs.entries())
      at(atMs, () => stream.update(updateOf(hostId, atMs, [0.1, 0.1, index])));
  });
  return { statuses, ticks: departures.map(({ atMs, tick }) => [atMs, tick.status]) };
}

describe('presence of a host', () => {
  test('stale after three intervals of silence, offline after a minute, online with the next sample', () => {
    expect(watch(90_000, [1_000, 6_000, 80_250])).toEqual({
      statuses: [
        [21_000, 'stale', 'online'],
        [66_000, 'offline', 'stale'],
        [80_250, 'online', 'offline'],
      ],
      ticks: [
        [0, 'stale'],
        [1_000, 'online'],
        [6_000, 'online'],
        [21_000, 'stale'],
        [66_000, 'offline'],
        [80_250, 'online'],
      ],
    });
  });

  test('a late sample is not a silence', () => {
    expect(watch(40_000, [1_000, 15_900, 30_800]).statuses).toEqual([]);
  });

  test('a host that samples less often than a third of a minute is offline when it is stale', () => {
    expect(watch(200_000, [1_000], 30_000).statuses).toEqual([[91_000, 'offline', 'online']]);
  });

  test('a host that never comes back after a restart of the hub is offline after a minute', () => {
    expect(watch(70_000, []).statuses).toEqual([[60_000, 'offline', 'stale']]);
  });

  test('an open connection speaks for a host until its first sample, a closed one for nothing', () => {
    const { departures } = record(40_000, (stream, _, at) => {
      stream.hostInfo(infoOf(hostId));
      at(1_000, () => stream.connected(hostId, true));
      at(20_000, () => stream.connected(hostId, true));
      at(25_000, () => stream.update(updateOf(hostId, 25_000, values)));
      at(26_000, () => stream.connected(hostId, false));
    });
    expect(departures.map(({ atMs, tick }) => [atMs, tick.status])).toEqual([
      [0, 'stale'],
      [1_000, 'online'],
      [16_000, 'stale'],
      [25_000, 'online'],
    ]);
  });

  test('a host that was asked for faster samples is not stale before it answers', () => {
    const presence = new Presence({ staleIntervals: 3, offlineMs: 60_000 }, 5_000, START_MS);
    presence.heard(START_MS);
    presence.setInterval(1_000);
    presence.elapsed(START_MS + 14_000);
    expect(presence.state).toBe('online');
    presence.heard(START_MS + 14_000);
    presence.elapsed(START_MS + 17_000);
    expect(presence.state).toBe('stale');
    presence.heard(START_MS + 18_000);
    presence.setInterval(5_000);
    presence.elapsed(START_MS + 32_000);
    expect(presence.state).toBe('online');
  });

  test('time in which the hub itself did not run is no silence of its hosts', () => {
    const slept = 3_600_000;
    let aheadMs = 0;
    let tell = (_ms: number): void => undefined;
    const { departures } = record(
      40_000,
      (stream, _, at) => {
        stream.hostInfo(infoOf(hostId));
        at(1_000, () => stream.update(updateOf(hostId, 1_000, values)));
        at(5_600, () => {
          aheadMs = slept;
          tell(slept);
        });
      },
      // The clock goes on while timers stand still.
      {
        aheadMs: () => aheadMs,
        pulse: {
          latelyMs: 0,
          check: () => undefined,
          onMissed: (listener) => {
            tell = listener;
            return () => undefined;
          },
        },
      },
    );
    expect(departures.map(({ atMs, tick }) => [atMs, tick.status])).toEqual([
      [0, 'stale'],
      [1_000, 'online'],
      [16_000, 'stale'],
    ]);
  });

  test('a clock that was set back hides a silence no longer than one that was not', () => {
    const presence = new Presence({ staleIntervals: 3, offlineMs: 60_000 }, 5_000, START_MS);
    presence.heard(START_MS);
    presence.elapsed(START_MS - 3_600_000);
    presence.elapsed(START_MS - 3_600_000 + 15_000);
    expect(presence.state).toBe('stale');
  });
});

import { matchesAll } from '@openmanager/protocol';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import {
  isActive,
  issuesOf,
  scheduleSchema,
  silenceSchema,
  windowAt,
  type Schedule,
  type Silence,
} from '../index.ts';
import { instantMs, wallMs } from './zone.ts';

const at = (text: string): number => Date.parse(text);
const hours = (schedule: Schedule, text: string): number | undefined => {
  const window = windowAt(schedule, at(text));
  return window && (window.toMs - window.fromMs) / 3_600_000;
};

describe('wall clocks', () => {
  test.each([
    ['Asia/Seoul', '2026-11-23T00:30:00Z', '2026-11-23T09:30:00Z'],
    ['America/New_York', '2026-03-08T06:59:59Z', '2026-03-08T01:59:59Z'],
    ['America/New_York', '2026-03-08T07:00:00Z', '2026-03-08T03:00:00Z'],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', '2026-04-05T01:30:00Z'],
  ])('%s at %s shows %s', (zone, instant, wall) => {
    expect(wallMs(zone, at(instant))).toBe(at(wall));
  });

  test('a time that is skipped moves on by what was skipped, one that comes twice is the first', () => {
    expect(instantMs('America/New_York', at('2026-03-08T02:30:00Z'))).toBe(
      at('2026-03-08T07:30:00Z'),
    );
    expect(instantMs('America/New_York', at('2026-11-01T01:30:00Z'))).toBe(
      at('2026-11-01T05:30:00Z'),
    );
  });

  test('every instant that its clock shows once is found again', () => {
    const zones = [
      'Asia/Seoul',
      'America/New_York',
      'Europe/Berlin',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'UTC',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: at('2000-01-01') / 1000, max: at('2035-01-01') / 1000 }),
        (zone, seconds) => {
          const wall = wallMs(zone, seconds * 1000);
          const found = instantMs(zone, wall);
          // The first of two, at most a day's change (Apia skipped one) away; the same wall time in any case.
          expect(found).toBeLessThanOrEqual(seconds * 1000);
          expect(wallMs(zone, found)).toBe(wall);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('windows', () => {
  const night: Schedule = { zone: 'America/New_York', from: '01:00', to: '05:00' };

  test('are as long as the night is', () => {
    expect(hours(night, '2026-03-07T07:00:00Z')).toBe(4);
    expect(hours(night, '2026-03-08T07:30:00Z')).toBe(3);
    expect(hours(night, '2026-11-01T06:30:00Z')).toBe(5);
    expect(hours(night, '2026-03-08T09:00:00Z')).toBeUndefined();
  });

  test('that lie in the skipped hour are not lost', () => {
    const skipped: Schedule = { zone: 'Europe/Berlin', from: '02:15', to: '02:45' };
    expect(hours(skipped, '2026-03-29T01:20:00Z')).toBe(0.5);
    expect(hours(skipped, '2026-03-29T00:50:00Z')).toBeUndefined();
  });

  test.each([
    // In Berlin 02:00 is 03:00 in that night: 01:00 UTC.
    ['02:30', '03:30', '01:00', '01:30'],
    ['02:00', '03:00', '01:00', '02:00'],
    ['02:15', '02:45', '01:00', '01:30'],
    ['01:30', '02:30', '00:30', '01:30'],
    ['01:00', '03:00', '00:00', '01:00'],
    ['02:59', '04:00', '01:00', '02:00'],
    ['03:00', '04:00', '01:00', '02:00'],
    ['02:30', '02:30', '01:00', '00:30'],
  ])('%s–%s in the night in which the clock goes forward is %s–%s UTC', (from, to, begin, end) => {
    const schedule: Schedule = { zone: 'Europe/Berlin', from, to, weekdays: ['sun'] };
    const fromMs = at(`2027-03-28T${begin}:00Z`);
    const toMs = at(`2027-03-28T${end}:00Z`) + (end < begin ? 86_400_000 : 0);
    expect(windowAt(schedule, fromMs)).toEqual({ fromMs, toMs });
    expect(windowAt(schedule, toMs - 1)).toEqual({ fromMs, toMs });
    expect(windowAt(schedule, fromMs - 1)).toBeUndefined();
    expect(windowAt(schedule, toMs)).toBeUndefined();
  });

  test('are never lost nor empty, whatever the zone, the night and the time', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Cairo'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: at('2026-01-01') / 86_400_000, max: at('2029-01-01') / 86_400_000 }),
        fc.nat(1_439),
        fc.integer({ min: 1, max: 1_439 }),
        (zone, day, minute, length) => {
          const text = (minutes: number): string =>
            new Date((minutes % 1_440) * 60_000).toISOString().slice(11, 16);
          const schedule = { zone, from: text(minute), to: text(minute + length) };
          const fromMs = instantMs(zone, day * 86_400_000 + minute * 60_000);
          // The instant of the begin, or, where that is skipped, the change before it.
          const window = windowAt(schedule, fromMs) ?? windowAt(schedule, fromMs - 3_600_000);
          expect(window).toBeDefined();
          const { fromMs: begin, toMs } = window as { fromMs: number; toMs: number };
          expect(toMs - begin).toBeGreaterThan(0);
          expect(toMs - begin).toBeLessThanOrEqual((length + 60) * 60_000);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('over midnight belong to the day on which they begin', () => {
    const late: Schedule = { zone: 'Asia/Seoul', from: '22:00', to: '06:00', weekdays: ['fri'] };
    expect(hours(late, '2026-11-27T13:00:00Z')).toBe(8);
    expect(hours(late, '2026-11-27T20:59:00Z')).toBe(8);
    expect(hours(late, '2026-11-28T13:00:00Z')).toBeUndefined();
    expect(hours({ ...late, from: '00:00', to: '24:00' }, '2026-11-27T14:59:00Z')).toBe(24);
  });

  test('by days of the month, also from its end, and by months', () => {
    const last: Schedule = {
      zone: 'UTC',
      from: '10:00',
      to: '12:00',
      daysOfMonth: [-1],
      months: [2],
    };
    expect(hours(last, '2028-02-29T11:00:00Z')).toBe(2);
    expect(hours(last, '2028-02-28T11:00:00Z')).toBeUndefined();
    expect(hours(last, '2028-03-31T11:00:00Z')).toBeUndefined();
  });

  test('a wrong one is refused by its field', () => {
    const said = (change: object): string =>
      issuesOf(
        v.safeParse(scheduleSchema, { zone: 'UTC', from: '10:00', to: '12:00', ...change })
          .issues ?? [],
      ).join();
    expect(said({})).toBe('');
    expect(said({ zone: 'Mars/Base' })).toContain('zone: must be the name of a time zone');
    expect(said({ from: '24:00' })).toContain('from: must be a time as hh:mm');
    expect(said({ daysOfMonth: [0] })).toContain('daysOfMonth.0: must not be 0');
  });
});

describe('silences', () => {
  const silence: Silence = {
    silenceId: 's',
    matchers: [{ name: 'host', op: '~', value: 'web-*|db-1' }],
    author: 'kim',
    reason: 'upgrade',
    createdAtMs: 0,
    startsAtMs: at('2026-11-01T00:00:00Z'),
    endsAtMs: at('2026-12-01T00:00:00Z'),
  };

  test('hold from start to end, within their windows', () => {
    expect(isActive(silence, silence.startsAtMs)).toBe(true);
    expect(isActive(silence, silence.endsAtMs)).toBe(false);
    const windows: Schedule[] = [
      { zone: 'Asia/Seoul', from: '02:00', to: '04:00', weekdays: ['sun'] },
    ];
    expect(isActive({ ...silence, windows }, at('2026-11-21T17:30:00Z'))).toBe(true);
    expect(isActive({ ...silence, windows }, at('2026-11-20T17:30:00Z'))).toBe(false);
    expect(isActive({ ...silence, windows }, at('2026-12-05T17:30:00Z'))).toBe(false);
  });

  test('matchers', () => {
    const labels = { host: 'web-1', severity: 'warning' };
    const fits = (op: '=' | '!=' | '~' | '!~', value: string, name = 'host'): boolean =>
      matchesAll([{ name, op, value }], labels);
    expect([
      fits('=', 'web-1'),
      fits('!=', 'web-1'),
      fits('~', 'x|web-*'),
      fits('!~', 'x|web-*'),
    ]).toEqual([true, false, true, false]);
    expect([fits('=', '', 'team'), fits('~', '|x', 'team'), fits('!=', '', 'constructor')]).toEqual(
      [true, true, false],
    );
    // Whether the label is there.
    expect([fits('~', '*', 'team'), fits('!~', '*', 'team'), fits('~', '*')]).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('one that ends before it begins, or matches everything by a slip, is refused', () => {
    const said = (change: object): string =>
      issuesOf(v.safeParse(silenceSchema, { ...silence, ...change }).issues ?? []).join();
    expect(said({})).toBe('');
    expect(said({ endsAtMs: 5 })).toContain('endsAtMs: must be after the start');
    expect(said({ matchers: [] })).toContain('matchers: needs at least one matcher');
    expect(said({ reason: '' })).toContain('reason:');
  });
});

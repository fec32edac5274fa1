/** Wall-clock time in a named time zone, from the zone data that comes with the runtime (Intl). */

import { DAY_MS, MINUTE_MS } from '@openmanager/protocol/durations';

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  let known = formats.get(zone);
  if (!known) {
    known = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, known);
  }
  return known;
}

export function isZone(zone: string): boolean {
  try {
    format(zone);
    return true;
  } catch {
    return false;
  }
}

/** What the zone's clock shows at an instant, written as the epoch ms at which a clock in UTC would show it. */
export function wallMs(zone: string, instantMs: number): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of format(zone).formatToParts(instantMs)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/**
 * The instant at which the zone's clock shows `wall`. A time that occurs twice is the first of the two; one that is
 * skipped is moved on by what was skipped, as Temporal's disambiguation "compatible" has it.
 */
export function instantMs(zone: string, wall: number): number {
  const before = wallMs(zone, wall - DAY_MS) - (wall - DAY_MS);
  const after = wallMs(zone, wall + DAY_MS) - (wall + DAY_MS);
  const early = wall - Math.max(before, after);
  const late = wall - Math.min(before, after);
  if (wallMs(zone, early) === wall) return early;
  if (wallMs(zone, late) === wall) return late;
  // Skipped: by the offset that held before, it lies after the change.
  return wall - before;
}

/** Whether the zone's clock never shows `wall`, because it was set forward over it. */
export function isSkipped(zone: string, wall: number): boolean {
  return wallMs(zone, instantMs(zone, wall)) !== wall;
}

/** The instant at which the zone's clock is set forward over `wall`, which it skips. */
export function changeMs(zone: string, wall: number): number {
  let after = instantMs(zone, wall);
  // What it shows then is later by what was skipped.
  let before = after - (wallMs(zone, after) - wall) - MINUTE_MS;
  const early = wallMs(zone, before) - before;
  // Clocks are set at whole minutes.
  while (after - before > MINUTE_MS) {
    const middle = Math.floor((before + after) / 2 / MINUTE_MS) * MINUTE_MS;
    if (wallMs(zone, middle) - middle === early) before = middle;
    else after = middle;
  }
  return after;
}

export interface WallTime {
  /** Days since 1970-01-01 of the date. */
  readonly day: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly dayOfMonth: number;
  readonly month: number;
  readonly minute: number;
}

export function wallTime(zone: string, instant: number): WallTime {
  const wall = wallMs(zone, instant);
  const date = new Date(wall);
  return {
    day: Math.floor(wall / DAY_MS),
    weekday: date.getUTCDay(),
    dayOfMonth: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    minute: Math.floor((wall % DAY_MS) / MINUTE_MS),
  };
}

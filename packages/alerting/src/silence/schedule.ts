import { DAY_MS, MINUTE_MS } from '@openmanager/protocol/durations';
import * as v from 'valibot';
import { changeMs, instantMs, isSkipped, isZone, wallTime } from './zone.ts';

export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof weekdays)[number];

/** A window of time that comes again, by the clock on the wall of a time zone. */
export interface Schedule {
  /** IANA name, such as Asia/Seoul. */
  readonly zone: string;
  /** `hh:mm`. */
  readonly from: string;
  /** `hh:mm`; not after `from` means on the next day. `24:00` is the end of the day. */
  readonly to: string;
  /** Days on which it begins. @default all */
  readonly weekdays?: readonly Weekday[] | undefined;
  /** 1–31, or from the end of the month, −1 the last. @default all */
  readonly daysOfMonth?: readonly number[] | undefined;
  /** 1–12. @default all */
  readonly months?: readonly number[] | undefined;
}

const clock = v.pipe(v.string(), v.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time as hh:mm'));
const whole = (low: number, high: number): v.GenericSchema<unknown, number> =>
  v.pipe(v.number(), v.integer(), v.minValue(low), v.maxValue(high));

export const scheduleSchema: v.GenericSchema<unknown, Schedule> = v.pipe(
  v.strictObject({
    zone: v.pipe(v.string(), v.maxLength(64), v.check(isZone, 'must be the name of a time zone')),
    from: clock,
    to: v.union([clock, v.literal('24:00')], 'must be a time as hh:mm'),
    weekdays: v.optional(v.pipe(v.array(v.picklist(weekdays)), v.minLength(1))),
    daysOfMonth: v.optional(
      v.pipe(
        v.array(
          v.pipe(
            whole(-31, 31),
            v.check((day) => day !== 0, 'must not be 0'),
          ),
        ),
        v.minLength(1),
      ),
    ),
    months: v.optional(v.pipe(v.array(whole(1, 12)), v.minLength(1))),
  }),
  v.title('Schedule'),
);

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}

function begins(schedule: Schedule, day: number): boolean {
  const date = new Date(day * DAY_MS);
  const weekday = weekdays[date.getUTCDay()] as Weekday;
  if (schedule.weekdays && !schedule.weekdays.includes(weekday)) return false;
  if (schedule.months && !schedule.months.includes(date.getUTCMonth() + 1)) return false;
  if (!schedule.daysOfMonth) return true;
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  const dayOfMonth = date.getUTCDate();
  return schedule.daysOfMonth.some(
    (wanted) => (wanted > 0 ? wanted : last + 1 + wanted) === dayOfMonth,
  );
}

/**
 * Begin and end as instants of the wall clock's times, so that a window across a change of the clock is longer or shorter
 * by it. Where the clock is set forward over the begin, the window begins at that moment; where it is set over all of it,
 * it then lasts as long as on other days: it is never lost.
 */
function instants(
  zone: string,
  fromWall: number,
  toWall: number,
): { readonly fromMs: number; readonly toMs: number } {
  const toMs = instantMs(zone, toWall);
  if (!isSkipped(zone, fromWall)) return { fromMs: instantMs(zone, fromWall), toMs };
  const fromMs = changeMs(zone, fromWall);
  const isAllSkipped = isSkipped(zone, toWall) || toMs <= fromMs;
  return { fromMs, toMs: isAllSkipped ? fromMs + toWall - fromWall : toMs };
}

/** The window that `nowMs` lies in; undefined outside of all. */
export function windowAt(
  schedule: Schedule,
  nowMs: number,
): { readonly fromMs: number; readonly toMs: number } | undefined {
  const { day } = wallTime(schedule.zone, nowMs);
  const from = minutesOf(schedule.from);
  const to = minutesOf(schedule.to);
  // One day more before: a skipped time may move the end of yesterday's window on.
  for (const start of [day, day - 1, day - 2]) {
    if (!begins(schedule, start)) continue;
    const end = to > from ? start : start + 1;
    const { fromMs, toMs } = instants(
      schedule.zone,
      start * DAY_MS + from * MINUTE_MS,
      end * DAY_MS + to * MINUTE_MS,
    );
    if (fromMs <= nowMs && nowMs < toMs) return { fromMs, toMs };
  }
  return undefined;
}

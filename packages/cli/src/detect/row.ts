/** Reads the fields of a line; what cannot be read is named by its field. */
import { MINUTE_MS } from '@openmanager/protocol/durations';

export class FieldError extends Error {
  readonly field: string;
  readonly given: string;
  constructor(field: string, given: string) {
    super(field);
    this.field = field;
    this.given = given;
  }
}

const CALENDAR =
  /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:(Z)|([+-])(\d\d):?(\d\d))?$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Epoch seconds stay below this until the year 5138, epoch milliseconds pass it in 1973. */
const SECONDS_BELOW = 1e11;

/** Epoch seconds or milliseconds, or `YYYY-MM-DD hh:mm:ss` (UTC unless it says otherwise), as ms. */
export function readTime(text: string): number {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed)) {
    const time = Number(trimmed);
    const ms = Math.abs(time) < SECONDS_BELOW ? time * 1000 : time;
    if (Math.abs(ms) <= 8.64e15) return ms;
  }
  const match = CALENDAR.exec(trimmed);
  if (match) {
    const [, date, clock, fraction = '0', , sign, hours = '0', minutes = '0'] = match;
    const utc = `${date}T${clock}`;
    const ms = Date.parse(`${utc}Z`);
    // The 31st of June would be read as the 1st of July: a date that does not exist is refused.
    if (!Number.isNaN(ms) && new Date(ms).toISOString().startsWith(utc)) {
      const aheadMs = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
      return ms + Number(`0.${fraction}`) * 1000 - (sign === '-' ? -aheadMs : aheadMs);
    }
  }
  throw new FieldError('timestamp', text);
}

/** A number; NaN for a missing one (empty, `NaN`, `null`). */
export function readValue(text: string, field: string): number {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed)) return Number(trimmed);
  if (/^(?:nan|null|)$/i.test(trimmed)) return Number.NaN;
  throw new FieldError(field, text);
}

/** Functions of one value, and of calendar time (UTC). */

import { DAY_MS } from '@openmanager/protocol/durations';

const DEGREES = 180 / Math.PI;

export const valueFunctions: Readonly<Record<string, (value: number) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  exp: Math.exp,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sqrt: Math.sqrt,
  sgn: Math.sign,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  deg: (value) => value * DEGREES,
  rad: (value) => value / DEGREES,
};

/** Halves go up; `to` is the nearest multiple. */
export function roundTo(value: number, to: number): number {
  const inverse = 1 / to;
  return Math.floor(value * inverse + 0.5) / inverse;
}

/** NaN where the lower bound is NaN or above the upper one is decided by the caller. */
export function clamp(value: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, value));
}

const date = (seconds: number): Date => new Date(seconds * 1000);

export const calendarFunctions: Readonly<Record<string, (seconds: number) => number>> = {
  minute: (seconds) => date(seconds).getUTCMinutes(),
  hour: (seconds) => date(seconds).getUTCHours(),
  day_of_week: (seconds) => date(seconds).getUTCDay(),
  day_of_month: (seconds) => date(seconds).getUTCDate(),
  day_of_year: (seconds) =>
    Math.floor((seconds * 1000 - Date.UTC(date(seconds).getUTCFullYear(), 0, 1)) / DAY_MS) + 1,
  days_in_month: (seconds) => {
    const day = date(seconds);
    return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();
  },
  month: (seconds) => date(seconds).getUTCMonth() + 1,
  year: (seconds) => date(seconds).getUTCFullYear(),
};

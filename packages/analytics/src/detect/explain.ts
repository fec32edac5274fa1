/** English sentences for reasons. */
import { DAY_MS, HOUR_MS } from '@openmanager/protocol/durations';
import type { Reason } from './detection.ts';

function span(ms: number): string {
  const days = ms / DAY_MS;
  if (days >= 14) return `${Math.floor(days / 7)} weeks`;
  if (days >= 2) return `${Math.floor(days)} days`;
  const hours = Math.max(1, Math.floor(ms / HOUR_MS));
  return hours === 1 ? '1 hour' : `${hours} hours`;
}

/** Three digits that matter, without an exponent where one can be avoided. */
function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Empty where a share would say nothing. */
function change(from: number, to: number): string {
  const share = (to - from) / Math.abs(from);
  if (!Number.isFinite(share) || Math.abs(share) > 10) return '';
  return `, ${share < 0 ? '−' : '+'}${Math.round(Math.abs(share) * 100)} % of the usual`;
}

/** One short sentence, without a full stop: "highest for this hour in 3 weeks". */
export function explainReason(reason: Reason): string {
  switch (reason.code) {
    case 'slot-record':
      return `${reason.direction}est level for this hour in ${span(reason.spanMs)}${change(reason.usual, reason.level)}`;
    case 'range-record':
      return `${reason.direction}est in ${span(reason.spanMs)}`;
    case 'slot-spread':
      return `moves more than at this hour in ${span(reason.spanMs)}`;
    case 'spread':
      return `varies ${number(reason.factor)} times as much as usual`;
    case 'off-profile':
      return `${reason.direction} for this hour, usually about ${number(reason.expected)}`;
    case 'jump':
      return `unexpectedly ${reason.direction}, expected about ${number(reason.expected)}`;
    case 'frozen':
      return `stuck at ${number(reason.value)}`;
    default:
      return unreachable(reason);
  }
}

function unreachable(reason: never): never {
  throw new Error(`No sentence for ${JSON.stringify(reason)}.`);
}

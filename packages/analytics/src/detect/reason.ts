/** Builds the reason from the channel with the largest evidence. */
import type { Reason } from './detection.ts';
import { AT, HEAD, type Channel, type State } from './layout.ts';
import type { Point } from './statistics.ts';

export function reasonFor(channel: Channel, { head, f }: State, point: Point): Reason {
  const origin = head[HEAD.origin]!;
  const hour = Math.floor(point.day * 24);
  const spanMs = head[HEAD.lastMs]! - head[HEAD.firstMs]!;
  switch (channel) {
    case 'rangeHigh':
      return { code: 'range-record', direction: 'high', spanMs };
    case 'rangeLow':
      return { code: 'range-record', direction: 'low', spanMs };
    case 'slotMeanHigh':
    case 'slotMeanLow':
      return {
        code: 'slot-record',
        direction: channel === 'slotMeanHigh' ? 'high' : 'low',
        hour,
        spanMs,
        usual: origin + point.profile,
        level: origin + f[AT.mean12]!,
      };
    case 'frozen':
      return { code: 'frozen', value: origin + f[AT.last]! };
    case 'slotSpread':
      return { code: 'slot-spread', hour, spanMs };
    case 'burst':
      return { code: 'spread', factor: factor(f, AT.spread24, AT.usualSpread24) };
    case 'spread':
    case 'jumps':
      return { code: 'spread', factor: factor(f, AT.spread48, AT.usualSpread48) };
    case 'profile':
      return {
        code: 'off-profile',
        direction: f[AT.profileError]! > 0 ? 'high' : 'low',
        hour,
        expected: origin + point.profile,
      };
    case 'predictionHigh':
    case 'predictionLow':
      return {
        code: 'jump',
        direction: channel === 'predictionHigh' ? 'high' : 'low',
        expected: origin + point.expected,
      };
    default:
      return unreachable(channel);
  }
}

/** Deviation of the last points against the usual one. */
function factor(f: Float32Array, window: number, usual: number): number {
  return Math.sqrt(f[window + 1]!) / Math.exp(f[usual]!);
}

function unreachable(channel: never): never {
  throw new Error(`No reason for ${String(channel)}.`);
}

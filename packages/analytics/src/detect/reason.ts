/** From the channel that spoke loudest to the reason it has. */
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
      return { code: 'slot-record', direction: 'high', hour, spanMs };
    case 'slotMeanLow':
      return { code: 'slot-record', direction: 'low', hour, spanMs };
    case 'slotSpread':
    case 'spread':
    case 'burst':
    case 'jumps': {
      const [window, usual] =
        channel === 'slotSpread' || channel === 'burst'
          ? [AT.spread24, AT.usualSpread24]
          : [AT.spread48, AT.usualSpread48];
      const factor = Math.sqrt(f[window + 1]!) / Math.exp(f[usual]!);
      return { code: 'spread', direction: factor < 1 ? 'down' : 'up', factor };
    }
    case 'profileHigh':
      return { code: 'off-profile', direction: 'high', hour, expected: origin + point.profile };
    case 'predictionHigh':
      return { code: 'jump', direction: 'high', expected: origin + point.expected };
    case 'predictionLow':
    case 'driftLow':
      return { code: 'jump', direction: 'low', expected: origin + point.expected };
    case 'levelLow':
      return { code: 'level-shift', from: origin + f[AT.mean600]!, to: origin + f[AT.mean36]! };
    default:
      return unreachable(channel);
  }
}

function unreachable(channel: never): never {
  throw new Error(`No reason for ${String(channel)}.`);
}

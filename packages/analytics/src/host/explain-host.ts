/** English sentences for the reasons of a host. */
import type { HostReason } from './host-detection.ts';

/** One short sentence, without a full stop. */
export function explainHostReason(reason: HostReason): string {
  const times = `${Number(reason.factor.toPrecision(2))} times as far as usual`;
  return reason.code === 'pattern'
    ? `metrics are ${times} from where they are together at this time`
    : `metrics moved ${times} from how they move together`;
}

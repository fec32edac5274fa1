/** Spans of time as people type them: `90s`, `10m`, `1.5h`, `7 d`; seconds without a unit. */
import { parseDuration } from '@openmanager/protocol/durations';

/** Undefined for what is no span. */
export function spanMs(text: string): number | undefined {
  const typed = text.replaceAll(/\s/g, '').toLowerCase();
  return parseDuration(/^\d+(\.\d+)?$/.test(typed) ? `${typed}s` : typed);
}

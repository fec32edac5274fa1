import { isKnownMetric, metricInfo, metricOfKey } from '@openmanager/protocol';

/**
 * Between which bounds values of a series can lie: shares from 0 to 1, all else but temperatures from
 * 0 on, and metrics we do not know anywhere.
 */
export function valueBounds(key: string): { readonly min: number; readonly max: number } {
  const metric = metricOfKey(key);
  if (!isKnownMetric(metric)) return { min: -Infinity, max: Infinity };
  const { unit } = metricInfo(metric);
  return { min: unit === 'Cel' ? -Infinity : 0, max: unit === '1' ? 1 : Infinity };
}

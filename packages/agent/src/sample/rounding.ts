/** Rounds values to what the catalogue says they mean: digits beyond that would cost disk and say nothing. */
import { limits, metricInfo, metricOfKey, type SeriesSet, seriesSet } from '@openmanager/protocol';

/** Bytes left for the keys of a series-set message beside its other fields. */
const KEYS_BYTES: number = limits.agentMessageBytes - 256;

export interface RoundedSet {
  readonly set: SeriesSet;
  /** Series that do not fit into one set; they are not sent. */
  readonly leftOut: number;
  /** Power of ten of each series. */
  readonly powers: Float64Array;
}

/** The set that can be sent of these keys. */
export function roundedSet(keys: readonly string[]): RoundedSet {
  let bytes = 0;
  let count = 0;
  for (const key of keys) {
    bytes += Buffer.byteLength(JSON.stringify(key)) + 1;
    if (bytes > KEYS_BYTES || count === limits.seriesPerSet) break;
    count++;
  }
  const kept = count === keys.length ? keys : keys.slice(0, count);
  return {
    set: seriesSet(kept),
    leftOut: keys.length - count,
    powers: Float64Array.from(kept, (key) => 10 ** metricInfo(metricOfKey(key)).storedDecimals),
  };
}

/** One column of one row per series; what is not finite is no sample. */
export function roundColumns(values: Float64Array, powers: Float64Array): Float64Array[] {
  const columns: Float64Array[] = [];
  const all = new Float64Array(powers.length);
  for (let index = 0; index < powers.length; index++) {
    const power = powers[index] as number;
    const value = values[index] as number;
    // Plus zero: minus zero is sent as zero anyway.
    const rounded = Math.round(value * power) / power + 0;
    // A huge value that overflows when scaled has no decimals to lose.
    all[index] = Number.isFinite(rounded) ? rounded : Number.isFinite(value) ? value : Number.NaN;
    columns.push(all.subarray(index, index + 1));
  }
  return columns;
}

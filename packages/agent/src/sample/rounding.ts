/** Rounds values to what the catalogue says they mean: digits beyond that would cost disk and say nothing. */
import { limits, metricInfo, metricOfKey, type SeriesSet, seriesSet } from '@openmanager/protocol';

/** Bytes left for the keys of a series-set message beside its other fields. */
const KEYS_BYTES: number = limits.agentMessageBytes - 256;

export interface RoundedSet {
  readonly set: SeriesSet;
  /** Series that do not fit into one set; they are not sent. */
  readonly leftOut: number;
  /** Keys that are there twice: the second of each is left out, too. */
  readonly repeated: readonly string[];
  /** Place of each series among the keys that were given. */
  readonly places: Uint32Array;
  /** Power of ten of each series. */
  readonly powers: Float64Array;
}

/** The set that can be sent of these keys. */
export function roundedSet(keys: readonly string[]): RoundedSet {
  let bytes = 0;
  const kept = new Set<string>();
  const places: number[] = [];
  const repeated: string[] = [];
  for (const [place, key] of keys.entries()) {
    if (kept.has(key)) {
      repeated.push(key);
      continue;
    }
    bytes += Buffer.byteLength(JSON.stringify(key)) + 1;
    if (bytes > KEYS_BYTES || kept.size === limits.seriesPerSet) break;
    kept.add(key);
    places.push(place);
  }
  return {
    set: seriesSet([...kept]),
    leftOut: keys.length - places.length - repeated.length,
    repeated,
    places: Uint32Array.from(places),
    powers: Float64Array.from(kept, (key) => 10 ** metricInfo(metricOfKey(key)).storedDecimals),
  };
}

/** One column of one row per series; what is not finite is no sample. */
export function roundColumns(
  values: Float64Array,
  { powers, places }: Pick<RoundedSet, 'powers' | 'places'>,
): Float64Array[] {
  const columns: Float64Array[] = [];
  const all = new Float64Array(powers.length);
  for (let index = 0; index < powers.length; index++) {
    const power = powers[index] as number;
    const value = values[places[index] as number] as number;
    // Plus zero: minus zero is sent as zero anyway.
    const rounded = Math.round(value * power) / power + 0;
    // A huge value that overflows when scaled has no decimals to lose.
    all[index] = Number.isFinite(rounded) ? rounded : Number.isFinite(value) ? value : Number.NaN;
    columns.push(all.subarray(index, index + 1));
  }
  return columns;
}

/** Rounds values to what the catalogue says they mean: digits beyond that would cost disk and say nothing. */
import {
  limits,
  metricInfo,
  metricOfKey,
  seriesKey,
  type SeriesSet,
  seriesSet,
} from '@openmanager/protocol';

/** Bytes left for the keys of a series-set message beside its other fields. */
const KEYS_BYTES: number = limits.agentMessageBytes - 256;

/** How many series are left out, as one of those that are sent. */
const LEFT_OUT = seriesKey('openmanager.agent.not_listed', { source: 'batch' });

export interface RoundedSet {
  readonly set: SeriesSet;
  /** Series that do not fit into one set; they are not sent. */
  readonly leftOut: number;
  /** Keys that are there twice: the second of each is left out, too. */
  readonly repeated: readonly string[];
  /** Power of ten of each series. */
  readonly powers: Float64Array;
  /** Of each series its place among the keys; -1 is the number of those left out. Undefined: all, in their order. */
  readonly places: Int32Array | undefined;
}

/** The set that can be sent of these keys. Where not all fit, every metric keeps its first ones: what is of the host. */
export function roundedSet(keys: readonly string[]): RoundedSet {
  const repeated = repeatedPlaces(keys);
  const places = fitting(keys, repeated);
  const kept = places ? Array.from(places, (place) => keys[place] as string) : keys;
  return {
    set: seriesSet(kept),
    leftOut: keys.length - kept.length - repeated.size,
    repeated: Array.from(repeated, (place) => keys[place] as string),
    powers: Float64Array.from(kept, (key) => 10 ** metricInfo(metricOfKey(key)).storedDecimals),
    places,
  };
}

/** The same with the number of series left out among them, when there are any. */
export function countedSet(keys: readonly string[]): RoundedSet {
  const whole = roundedSet(keys);
  if (whole.leftOut === 0) return whole;
  const counted = roundedSet([LEFT_OUT, ...keys]);
  return { ...counted, places: counted.places?.map((place) => place - 1) };
}

/** Values of the set's series, of those of all keys. */
export function valuesOfSet(values: Float64Array, { places, leftOut }: RoundedSet): Float64Array {
  if (!places) return values;
  return Float64Array.from(places, (place) => (place < 0 ? leftOut : (values[place] as number)));
}

function repeatedPlaces(keys: readonly string[]): ReadonlySet<number> {
  const seen = new Set<string>();
  const repeated = new Set<number>();
  for (const [place, key] of keys.entries())
    if (seen.has(key)) repeated.add(place);
    else seen.add(key);
  return repeated;
}

/** Places of the keys that fit into one set, in their order; undefined when all do. */
function fitting(keys: readonly string[], repeated: ReadonlySet<number>): Int32Array | undefined {
  const sizes = keys.map((key) => Buffer.byteLength(JSON.stringify(key)) + 1);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  if (all <= KEYS_BYTES && keys.length <= limits.seriesPerSet && repeated.size === 0)
    return undefined;
  const seen = new Map<string, number>();
  // The first of each metric, then the second of each, and so on.
  const turns = keys.map((key) => {
    const turn = seen.get(metricOfKey(key)) ?? 0;
    seen.set(metricOfKey(key), turn + 1);
    return turn;
  });
  const order = Array.from(keys.keys())
    .filter((place) => !repeated.has(place))
    .sort((a, b) => (turns[a] as number) - (turns[b] as number));
  let bytes = 0;
  let count = 0;
  for (const place of order) {
    bytes += sizes[place] as number;
    if (bytes > KEYS_BYTES || count === limits.seriesPerSet) break;
    count++;
  }
  return Int32Array.from(order.slice(0, count)).sort();
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

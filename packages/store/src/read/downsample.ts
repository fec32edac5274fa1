/** Downsampling that keeps the look of a chart: both return ascending indices of the points to keep, gaps left out. */

function placesOf(values: Float64Array): number[] {
  const places: number[] = [];
  for (let at = 0; at < values.length; at++) if (!Number.isNaN(values[at])) places.push(at);
  return places;
}

/** Smallest and largest of each of `width` / 2 equal shares of the points; at most `width`. */
export function minMax(_: Float64Array, values: Float64Array, width: number): number[] {
  const places = placesOf(values);
  if (places.length <= width) return places;
  const shares = Math.max(1, Math.floor(width / 2));
  const kept: number[] = [];
  for (let share = 0; share < shares; share++) {
    const from = Math.floor((share * places.length) / shares);
    const to = Math.floor(((share + 1) * places.length) / shares);
    let lowest = places[from] as number;
    let highest = lowest;
    for (let index = from; index < to; index++) {
      const at = places[index] as number;
      if ((values[at] as number) < (values[lowest] as number)) lowest = at;
      if ((values[at] as number) > (values[highest] as number)) highest = at;
    }
    kept.push(Math.min(lowest, highest));
    if (lowest !== highest) kept.push(Math.max(lowest, highest));
  }
  return kept;
}

/**
 * Largest triangle three buckets (S. Steinarsson, "Downsampling Time Series for Visual Representation", 2013, §4.2):
 * the first and the last point, and of each bucket between the one that spans the largest triangle with the point kept
 * before and the mean of the next bucket. At highest `width` points.
 */
export function lttb(timesMs: Float64Array, values: Float64Array, width: number): number[] {
  const places = placesOf(values);
  if (places.length <= width || width < 3)
    return places.length <= width ? places : [places[0] as number, places.at(-1) as number];
  const inner = places.length - 2;
  const buckets = width - 2;
  const edge = (bucket: number): number => 1 + Math.floor((bucket * inner) / buckets);
  const kept = [places[0] as number];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const next =
      bucket + 1 < buckets
        ? [edge(bucket + 1), edge(bucket + 2)]
        : [places.length - 1, places.length];
    const [nextFrom, nextTo] = next as [number, number];
    let meanTime = 0;
    let meanValue = 0;
    for (let index = nextFrom; index < nextTo; index++) {
      meanTime += timesMs[places[index] as number] as number;
      meanValue += values[places[index] as number] as number;
    }
    meanTime /= nextTo - nextFrom;
    meanValue /= nextTo - nextFrom;
    const before = kept.at(-1) as number;
    const [time, value] = [timesMs[before] as number, values[before] as number];
    let best = places[edge(bucket)] as number;
    let largest = -1;
    for (let index = edge(bucket); index < edge(bucket + 1); index++) {
      const at = places[index] as number;
      const area = Math.abs(
        (time - meanTime) * ((values[at] as number) - value) -
          (time - (timesMs[at] as number)) * (meanValue - value),
      );
      if (area > largest) [best, largest] = [at, area];
    }
    kept.push(best);
  }
  return [...kept, places.at(-1) as number];
}

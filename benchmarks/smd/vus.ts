/**
 * VUS-PR, the volume under the precision-recall surface (Paparrizos, Boniol, Palpanas, Tsay, Elmore, Franklin:
 * "Volume Under the Surface: A New Accuracy Evaluation Measure for Time-Series Anomaly Detection", VLDB 2022; the
 * details follow the authors' published implementation, RangeAUC_volume):
 *  – for each length w from 0 to `window` the labels get sloping sides of w/2 rows, sqrt(1 - d/w) at distance d;
 *  – TP is the sum of these labels over the rows at or above a threshold, recall = TP / mean of the labelled rows
 *    before and after the sides were added (as far as they were found), at most 1, times the share of events
 *    (with their sides, which may merge) that were touched at all;
 *  – precision = TP / rows at or above the threshold; thresholds are the scores at 250 evenly spaced ranks;
 *  – the area sums precision × growth of recall over the thresholds; the volume is the mean area over all w.
 * Scores are ranked once and each row's rank decides from which threshold on it counts, so that a length costs
 * only the rows near events.
 */
const THRESHOLDS = 250;

export type Range = readonly [first: number, last: number];

/** Runs of rows labelled 1, first and last row inside. */
export function eventsOf(labels: ArrayLike<number>): Range[] {
  const events: Range[] = [];
  let first = -1;
  for (let row = 0; row <= labels.length; row++) {
    const inside = row < labels.length && labels[row]! > 0;
    if (inside && first < 0) first = row;
    if (!inside && first >= 0) {
      events.push([first, row - 1]);
      first = -1;
    }
  }
  return events;
}

/** Events with `half` rows on each side; those whose sides meet are one. */
function widened(events: readonly Range[], half: number, rows: number): Range[] {
  const wide: Range[] = [];
  for (const [first, last] of events) {
    const before = wide.at(-1);
    const range: Range = [Math.max(0, first - half), Math.min(rows - 1, last + half)];
    if (before !== undefined && before[1] >= range[0])
      wide[wide.length - 1] = [before[0], range[1]];
    else wide.push(range);
  }
  return wide;
}

/** For each row the first threshold (0 is the highest) it reaches, and how many rows reach each threshold. */
function rank(scores: ArrayLike<number>): { reaches: Uint16Array; predicted: Float64Array } {
  const rows = scores.length;
  const sorted = Float64Array.from(scores).toSorted((a, b) => b - a);
  const thresholds = Float64Array.from(
    { length: THRESHOLDS },
    (_, index) => sorted[Math.floor(index * ((rows - 1) / (THRESHOLDS - 1)))]!,
  );
  const reaches = new Uint16Array(rows);
  const predicted = new Float64Array(THRESHOLDS);
  for (let row = 0; row < rows; row++) {
    let low = 0;
    let high = THRESHOLDS - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (scores[row]! >= thresholds[middle]!) high = middle;
      else low = middle + 1;
    }
    reaches[row] = low;
    predicted[low]! += 1;
  }
  for (let index = 1; index < THRESHOLDS; index++) predicted[index]! += predicted[index - 1]!;
  return { reaches, predicted };
}

/** Between 0 and 1; NaN without events. Higher scores are more anomalous; none may be NaN. */
export function vusPr(scores: ArrayLike<number>, labels: ArrayLike<number>, window = 100): number {
  const rows = scores.length;
  const events = eventsOf(labels);
  if (events.length === 0) return Number.NaN;
  const { reaches, predicted } = rank(scores);
  const labelled = events.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const inside = new Float64Array(THRESHOLDS);
  for (const [first, last] of events)
    for (let row = first; row <= last; row++) inside[reaches[row]!]! += 1;

  const weights = new Float64Array(rows);
  const found = new Float64Array(THRESHOLDS);
  const touched = new Float64Array(THRESHOLDS);
  let volume = 0;
  for (let width = 0; width <= window; width++) {
    const half = Math.floor(width / 2);
    const wide = widened(events, half, rows);
    for (const [first, last] of wide) weights.fill(0, first, last + 1);
    for (const [first, last] of events) {
      for (let distance = 1; distance <= half; distance++) {
        const weight = Math.sqrt(1 - distance / width);
        if (first - distance >= 0) weights[first - distance]! += weight;
        if (last + distance < rows) weights[last + distance]! += weight;
      }
    }
    for (const [first, last] of events) weights.fill(0, first, last + 1);
    found.fill(0);
    touched.fill(0);
    for (const [first, last] of wide) {
      let earliest = THRESHOLDS;
      for (let row = first; row <= last; row++) {
        const weight = weights[row]!;
        if (weight > 0) found[reaches[row]!]! += Math.min(1, weight);
        earliest = Math.min(earliest, reaches[row]!);
      }
      touched[earliest]! += 1;
    }
    let [ofSides, ofEvents, touching, before, area] = [0, 0, 0, 0, 0];
    for (let index = 0; index < THRESHOLDS; index++) {
      ofSides += found[index]!;
      ofEvents += inside[index]!;
      touching += touched[index]!;
      const hits = ofSides + ofEvents;
      const positives = (labelled + labelled + ofSides) / 2;
      const recall = Math.min(1, hits / positives) * (touching / wide.length);
      if (predicted[index]! > 0) area += (recall - before) * (hits / predicted[index]!);
      before = recall;
    }
    volume += area;
  }
  return volume / (window + 1);
}

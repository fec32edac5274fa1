/** sort_by_label and sort_by_label_desc. */
import { labelsKey } from '@openmanager/store/contract';
import type { Series } from './samples.ts';

/** Numbers within text count as numbers: `cpu2` stands before `cpu10`. */
function natural(a: string, b: string): number {
  const parts = (text: string): readonly string[] => text.match(/\d+|\D+/g) ?? [];
  const [left, right] = [parts(a), parts(b)];
  for (let place = 0; place < Math.min(left.length, right.length); place++) {
    const [x, y] = [left[place] as string, right[place] as string];
    if (x === y) continue;
    if (/^\d/.test(x) && /^\d/.test(y) && Number(x) !== Number(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

/** By the labels in turn, then by all of them. */
export function sortedByLabel(
  series: readonly Series[],
  labels: readonly string[],
  sign: 1 | -1,
): Series[] {
  return series.toSorted((a, b) => {
    for (const label of labels) {
      const order = natural(a.labels.get(label) ?? '', b.labels.get(label) ?? '');
      if (order !== 0) return sign * order;
    }
    return sign * (labelsKey(a.labels) < labelsKey(b.labels) ? -1 : 1);
  });
}

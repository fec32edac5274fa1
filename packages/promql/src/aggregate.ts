/** Aggregation across series, step by step. */
import type { Aggregate } from './expression.ts';
import { showNumber } from '@openmanager/store/contract';
import { PromqlError } from './promql-error.ts';
import { type Labels, labelsKey } from '@openmanager/store/contract';
import { emptySeries, onlyLabels, type Series, type Value, withoutLabels } from './samples.ts';
import { quantileOf, Sum } from './window.ts';

interface Group {
  readonly labels: Labels;
  readonly members: Series[];
}

/** Members' values at one step, in order. */
type Across = (values: Float64Array) => number;

const across: Readonly<Record<string, Across>> = {
  sum: (values) => total(values),
  avg: (values) => total(values) / values.length,
  count: (values) => values.length,
  group: () => 1,
  min: (values) => extreme(values, -1),
  max: (values) => extreme(values, 1),
  stdvar: (values) => variance(values),
  stddev: (values) => Math.sqrt(variance(values)),
};

function total(values: Float64Array): number {
  const sum = new Sum();
  for (const value of values) sum.add(value);
  return sum.total();
}

function extreme(values: Float64Array, sign: 1 | -1): number {
  let best = values[0] as number;
  for (const value of values) if (sign * value > sign * best || Number.isNaN(best)) best = value;
  return best;
}

function variance(values: Float64Array): number {
  let [count, mean, squares] = [0, 0, 0];
  for (const value of values) {
    const delta = value - mean;
    mean += delta / ++count;
    squares += delta * (value - mean);
  }
  return squares / count;
}

export function aggregate(
  node: Aggregate,
  vector: readonly Series[],
  parameter: Value | undefined,
  steps: number,
): readonly Series[] {
  const groups = groupsOf(node, vector);
  if (node.op === 'topk' || node.op === 'bottomk')
    return groups.flatMap(({ members }) =>
      best(members, scalarOf(parameter), steps, node.op === 'topk' ? 1 : -1),
    );
  if (node.op === 'count_values')
    return countValues(groups, parameter?.type === 'string' ? parameter.text : '', steps);
  return groups.map(({ labels, members }) => {
    const out = emptySeries(labels, steps);
    const room = new Float64Array(members.length);
    for (let step = 0; step < steps; step++) {
      let count = 0;
      for (const { values, present } of members)
        if (present[step]) room[count++] = values[step] as number;
      if (count === 0) continue;
      const values = room.subarray(0, count);
      out.present[step] = 1;
      out.values[step] =
        node.op === 'quantile'
          ? quantileOf(scalarOf(parameter)[step] as number, values)
          : (across[node.op] as Across)(values);
    }
    return out;
  });
}

function scalarOf(parameter: Value | undefined): Float64Array {
  return parameter?.type === 'scalar' ? parameter.values : new Float64Array();
}

function groupsOf({ labels: names, without }: Aggregate, vector: readonly Series[]): Group[] {
  const groups = new Map<string, Group>();
  for (const series of vector) {
    const labels = without
      ? withoutLabels(series.labels, [...names, '__name__'])
      : onlyLabels(series.labels, names);
    const key = labelsKey(labels);
    const group = groups.get(key);
    if (group) group.members.push(series);
    else groups.set(key, { labels, members: [series] });
  }
  return [...groups.values()];
}

/** topk and bottomk (`sign` −1): the k largest or smallest members at each step, best first; NaN ranks last. */
function best(
  members: readonly Series[],
  counts: Float64Array,
  steps: number,
  sign: 1 | -1,
): Series[] {
  const kept = members.map(({ labels, values }) => ({
    labels,
    values,
    present: new Uint8Array(steps),
  }));
  let order: number[] = [];
  for (let step = 0; step < steps; step++) {
    const wanted = counts[step] as number;
    if (Number.isNaN(wanted) || wanted > Number.MAX_SAFE_INTEGER)
      throw new PromqlError('execution', `Scalar value ${showNumber(wanted)} overflows int64`);
    if (wanted < 1) continue;
    const value = (place: number): number => (members[place] as Series).values[step] as number;
    order = [...members.keys()]
      .filter((place) => (members[place] as Series).present[step] === 1)
      .sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        if (Number.isNaN(x) || Number.isNaN(y))
          return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
        return sign * (y - x) || a - b;
      })
      .slice(0, Math.floor(wanted));
    for (const place of order) (kept[place] as { present: Uint8Array }).present[step] = 1;
  }
  if (steps === 1) return order.map((place) => kept[place] as Series);
  return kept.filter(({ present }) => present.includes(1));
}

function countValues(groups: readonly Group[], label: string, steps: number): Series[] {
  if (!/^[a-zA-Z_]\w*$/.test(label))
    throw new PromqlError('execution', `invalid label name "${label}"`);
  return groups.flatMap(({ labels, members }) => {
    const made = new Map<string, Series>();
    for (let step = 0; step < steps; step++)
      for (const { values, present } of members) {
        if (!present[step]) continue;
        const text = showNumber(values[step] as number);
        let out = made.get(text);
        if (!out) made.set(text, (out = emptySeries(new Map(labels).set(label, text), steps)));
        out.values[step] = (out.values[step] as number) + 1;
        out.present[step] = 1;
      }
    return [...made.values()];
  });
}

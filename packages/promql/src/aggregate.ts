/** Aggregation across series: columns of all steps are added up one series after the other. */
import type { Aggregate } from './expression.ts';
import { type Labels, labelsKey, showNumber } from '@openmanager/store/contract';
import type { Budget } from './budget.ts';
import { PromqlError } from './promql-error.ts';
import { emptySeries, onlyLabels, type Series, type Value, withoutLabels } from './samples.ts';
import { meanOf, quantileOf } from './window.ts';

interface Group {
  readonly labels: Labels;
  readonly members: Series[];
}

/** Adds a group's members up into the column. */
type Across = (members: readonly Series[], out: Series) => void;

const across: Readonly<Record<string, Across>> = {
  sum: (members, out) => void total(members, out),
  avg(members, out) {
    const counts = total(members, out);
    for (let step = 0; step < counts.length; step++) {
      const sum = out.values[step] as number;
      // Beyond the largest float the mean is found without the sum.
      out.values[step] = Number.isFinite(sum)
        ? sum / (counts[step] as number)
        : meanOf(at(members, step));
    }
  },
  count: (members, { values }) => each(members, (step) => void (values[step] as number)++),
  group: (members, { values }) => each(members, (step) => (values[step] = 1)),
  min: (members, out) => extreme(members, out, -1),
  max: (members, out) => extreme(members, out, 1),
  stdvar: (members, out) => variance(members, out),
  stddev(members, out) {
    variance(members, out);
    for (let step = 0; step < out.values.length; step++)
      out.values[step] = Math.sqrt(out.values[step] as number);
  },
};

function each(members: readonly Series[], take: (step: number, value: number) => void): void {
  for (const { values, present } of members)
    for (let step = 0; step < values.length; step++)
      if (present[step] === 1) take(step, values[step] as number);
}

/** Sums with compensation, as `Sum` has it; answers how many members there are. */
function total(members: readonly Series[], { values: sums }: Series): Uint32Array {
  const lost = new Float64Array(sums.length);
  const counts = new Uint32Array(sums.length);
  for (const { values, present } of members)
    for (let step = 0; step < sums.length; step++) {
      if (present[step] !== 1) continue;
      const [before, value] = [sums[step] as number, values[step] as number];
      const next = before + value;
      if (next - next !== 0) lost[step] = 0;
      else if (Math.abs(before) >= Math.abs(value))
        lost[step] = (lost[step] as number) + (before - next + value);
      else lost[step] = (lost[step] as number) + (value - next + before);
      sums[step] = next;
      counts[step] = (counts[step] as number) + 1;
    }
  for (let step = 0; step < sums.length; step++)
    sums[step] = (sums[step] as number) + (lost[step] as number);
  return counts;
}

function at(members: readonly Series[], step: number): Float64Array {
  return Float64Array.from(
    members.filter(({ present }) => present[step] === 1),
    ({ values }) => values[step] as number,
  );
}

function extreme(members: readonly Series[], { values: best }: Series, sign: 1 | -1): void {
  const any = new Uint8Array(best.length);
  each(members, (step, value) => {
    const before = best[step] as number;
    if (any[step] === 0 || sign * value > sign * before || Number.isNaN(before)) best[step] = value;
    any[step] = 1;
  });
}

function variance(members: readonly Series[], { values: squares }: Series): void {
  const counts = new Uint32Array(squares.length);
  const means = new Float64Array(squares.length);
  each(members, (step, value) => {
    const delta = value - (means[step] as number);
    counts[step] = (counts[step] as number) + 1;
    means[step] = (means[step] as number) + delta / counts[step];
    squares[step] = (squares[step] as number) + delta * (value - means[step]);
  });
  for (let step = 0; step < squares.length; step++)
    squares[step] = (squares[step] as number) / (counts[step] as number);
}

export function aggregate(
  node: Aggregate,
  vector: readonly Series[],
  parameter: Value | undefined,
  steps: number,
  budget: Budget,
): readonly Series[] {
  const groups = groupsOf(node, vector);
  if (node.op === 'topk' || node.op === 'bottomk')
    return groups.flatMap(({ members }) =>
      best(members, scalarOf(parameter), steps, node.op === 'topk' ? 1 : -1),
    );
  if (node.op === 'limitk')
    return groups.flatMap(({ members }) => first(members, scalarOf(parameter), steps));
  if (node.op === 'count_values') {
    const label = parameter?.type === 'string' ? parameter.text : '';
    return countValues(groups, label, steps, budget);
  }
  return groups.map(({ labels, members }) => {
    const out = emptySeries(labels, steps);
    each(members, (step) => (out.present[step] = 1));
    if (node.op !== 'quantile') (across[node.op] as Across)(members, out);
    else
      for (let step = 0; step < steps; step++)
        if (out.present[step])
          out.values[step] = quantileOf(scalarOf(parameter)[step] as number, at(members, step));
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

/** How many members a parameter asks for. */
function wantedAt(counts: Float64Array, step: number): number {
  const wanted = counts[step] as number;
  if (Number.isNaN(wanted) || wanted > Number.MAX_SAFE_INTEGER)
    throw new PromqlError('execution', `Scalar value ${showNumber(wanted)} overflows int64`);
  return Math.floor(wanted);
}

function withNone(members: readonly Series[], steps: number): Series[] {
  return members.map((one) => ({ ...one, present: new Uint8Array(steps) }));
}

/** topk and bottomk (`sign` −1): the k largest or smallest members at each step, best first; NaN ranks last. */
function best(
  members: readonly Series[],
  counts: Float64Array,
  steps: number,
  sign: 1 | -1,
): Series[] {
  const kept = withNone(members, steps);
  let order: number[] = [];
  for (let step = 0; step < steps; step++) {
    const wanted = wantedAt(counts, step);
    if (wanted < 1) continue;
    const value = (place: number): number => (members[place] as Series).values[step] as number;
    /** Whether `a`, which comes later, stands before `b`. */
    const isBetter = (a: number, b: number): boolean =>
      Number.isNaN(b) ? !Number.isNaN(a) : sign * a > sign * b;
    order = [];
    let worst = Number.NaN;
    for (let place = 0; place < members.length; place++) {
      const { values, present } = members[place] as Series;
      if (present[step] !== 1) continue;
      const own = values[step] as number;
      if (order.length === wanted) {
        if (!isBetter(own, worst)) continue;
        order.pop();
      }
      let [low, high] = [0, order.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (isBetter(own, value(order[middle] as number))) high = middle;
        else low = middle + 1;
      }
      order.splice(low, 0, place);
      worst = value(order.at(-1) as number);
    }
    for (const place of order) (kept[place] as Series).present[step] = 1;
  }
  if (steps === 1) return order.map((place) => kept[place] as Series);
  return kept.filter(({ present }) => present.includes(1));
}

/** limitk: k members at each step, the first ones by their labels. */
function first(members: readonly Series[], counts: Float64Array, steps: number): Series[] {
  const ordered = members
    .map((one) => [labelsKey(one.labels), one] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => one);
  const kept = withNone(ordered, steps);
  for (let step = 0; step < steps; step++) {
    let left = wantedAt(counts, step);
    for (const [place, { present }] of ordered.entries()) {
      if (left < 1) break;
      if (present[step] !== 1) continue;
      (kept[place] as Series).present[step] = 1;
      left--;
    }
  }
  return kept.filter(({ present }) => present.includes(1));
}

function countValues(
  groups: readonly Group[],
  label: string,
  steps: number,
  budget: Budget,
): Series[] {
  if (!/^[a-zA-Z_]\w*$/.test(label))
    throw new PromqlError('execution', `invalid label name "${label}"`);
  return groups.flatMap(({ labels, members }) => {
    const made = new Map<string, Series>();
    for (let step = 0; step < steps; step++)
      for (const { values, present } of members) {
        if (!present[step]) continue;
        const text = showNumber(values[step] as number);
        let out = made.get(text);
        if (!out) {
          budget.part(1, steps);
          made.set(text, (out = emptySeries(new Map(labels).set(label, text), steps)));
        }
        out.values[step] = (out.values[step] as number) + 1;
        out.present[step] = 1;
      }
    return [...made.values()];
  });
}

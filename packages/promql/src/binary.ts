/** Binary operators between scalars and vectors, and vector matching. */
import {
  type ArithmeticOp,
  type Binary,
  type ComparisonOp,
  isComparison,
  isSetOp,
  type Matching,
} from './expression.ts';
import { PromqlError } from './promql-error.ts';
import { type Labels, labelsKey } from '@openmanager/store/contract';
import {
  emptySeries,
  onlyLabels,
  type Series,
  shownLabels,
  type Value,
  withoutLabels,
} from './samples.ts';

const arithmetic: Readonly<Record<ArithmeticOp, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  // IEEE 754 has 1 for a base of 1 whatever the exponent, JavaScript has NaN.
  '^': (a, b) => (a === 1 || (a === -1 && !Number.isFinite(b) && !Number.isNaN(b)) ? 1 : a ** b),
  atan2: Math.atan2,
};

const comparison: Readonly<Record<ComparisonOp, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

type Scalar = Extract<Value, { type: 'scalar' }>;
type Vector = Extract<Value, { type: 'vector' }>;

/** Whether the operator computes new values, so that the metric name is dropped. */
function dropsName({ op, bool }: Binary): boolean {
  return !isSetOp(op) && (!isComparison(op) || bool);
}

/** The value at a step; undefined when a comparison filters it out. `kept` is the value that a comparison keeps. */
function combine(
  { op, bool }: Binary,
  left: number,
  right: number,
  kept: number,
): number | undefined {
  if (isSetOp(op)) return undefined;
  if (!isComparison(op)) return arithmetic[op](left, right);
  const holds = comparison[op](left, right);
  if (bool) return holds ? 1 : 0;
  return holds ? kept : undefined;
}

export function binary(node: Binary, left: Value, right: Value, steps: number): Value {
  if (left.type === 'scalar' && right.type === 'scalar') {
    const values = left.values.map(
      (value, step) => combine(node, value, right.values[step] as number, value) ?? Number.NaN,
    );
    return { type: 'scalar', values };
  }
  if (left.type === 'scalar') return withScalar(node, right as Vector, left, true);
  if (right.type === 'scalar') return withScalar(node, left as Vector, right, false);
  return isSetOp(node.op)
    ? sets(node, left as Vector, right as Vector)
    : vectors(node, left as Vector, right as Vector, steps);
}

function withScalar(node: Binary, vector: Vector, scalar: Scalar, scalarLeft: boolean): Value {
  const series = vector.series.map(({ labels, values, present }) => {
    const out = emptySeries(
      dropsName(node) ? withoutLabels(labels, ['__name__']) : labels,
      values.length,
    );
    for (let step = 0; step < values.length; step++) {
      if (!present[step]) continue;
      const [value, other] = [values[step] as number, scalar.values[step] as number];
      const made = scalarLeft
        ? combine(node, other, value, value)
        : combine(node, value, other, value);
      if (made === undefined) continue;
      out.values[step] = made;
      out.present[step] = 1;
    }
    return out;
  });
  return { type: 'vector', series };
}

function groupOf({ on, labels: names }: Matching): (labels: Labels) => Labels {
  return on
    ? (labels) => onlyLabels(labels, names)
    : (labels) => withoutLabels(labels, [...names, '__name__']);
}

function grouped(
  series: readonly Series[],
  group: (labels: Labels) => Labels,
): Map<string, Series[]> {
  const groups = new Map<string, Series[]>();
  for (const one of series) {
    const key = labelsKey(group(one.labels));
    const found = groups.get(key);
    if (found) found.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}

function sets({ op, matching }: Binary, left: Vector, right: Vector): Value {
  const group = groupOf(matching);
  const lefts = grouped(left.series, group);
  const rights = grouped(right.series, group);
  const there = (groups: Map<string, Series[]>, labels: Labels, step: number): boolean =>
    groups.get(labelsKey(group(labels)))?.some(({ present }) => present[step] === 1) ?? false;
  const kept = (series: Series, keep: (step: number) => boolean): Series => ({
    ...series,
    present: series.present.map((is, step) => (is === 1 && keep(step) ? 1 : 0)),
  });
  if (op === 'or')
    return {
      type: 'vector',
      series: [
        ...left.series,
        ...right.series.map((one) => kept(one, (step) => !there(lefts, one.labels, step))),
      ],
    };
  return {
    type: 'vector',
    series: left.series.map((one) =>
      kept(one, (step) => there(rights, one.labels, step) === (op === 'and')),
    ),
  };
}

function vectors(node: Binary, left: Vector, right: Vector, steps: number): Value {
  const { matching } = node;
  const group = groupOf(matching);
  const swapped = matching.many === 'right';
  const [many, one] = swapped ? [right, left] : [left, right];
  const ones = grouped(one.series, group);
  const made = new Map<string, Series>();
  const takenBy = new Map<string, Int32Array>();
  for (const [place, from] of many.series.entries()) {
    const key = labelsKey(group(from.labels));
    const partners = ones.get(key);
    if (!partners) continue;
    for (let step = 0; step < steps; step++) {
      if (!from.present[step]) continue;
      const present = partners.filter((partner) => partner.present[step] === 1);
      const [partner, second] = present;
      if (!partner) continue;
      if (second)
        throw new PromqlError(
          'execution',
          `found duplicate series for the match group ${shownLabels(group(from.labels))} on the ${swapped ? 'left' : 'right'} hand-side of the operation: [${shownLabels(partner.labels)}, ${shownLabels(second.labels)}];many-to-many matching not allowed: matching labels must be unique on one side`,
        );
      const [value, other] = [from.values[step] as number, partner.values[step] as number];
      const result = swapped
        ? combine(node, other, value, other)
        : combine(node, value, other, value);
      if (matching.many === 'none') {
        let taken = takenBy.get(key);
        if (!taken) takenBy.set(key, (taken = new Int32Array(steps)));
        const before = taken[step] as number;
        if (result !== undefined && before !== 0 && before !== place + 1)
          throw new PromqlError(
            'execution',
            'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
          );
        if (result !== undefined) taken[step] = place + 1;
      }
      if (result === undefined) continue;
      const labels = labelsOf(node, from.labels, partner.labels);
      const madeKey = labelsKey(labels);
      let out = made.get(madeKey);
      if (!out) made.set(madeKey, (out = emptySeries(labels, steps)));
      if (out.present[step])
        throw new PromqlError(
          'execution',
          'multiple matches for labels: grouping labels must ensure unique matches',
        );
      out.values[step] = result;
      out.present[step] = 1;
    }
  }
  return { type: 'vector', series: [...made.values()] };
}

function labelsOf(node: Binary, many: Labels, one: Labels): Labels {
  const { on, labels: names, many: side, include } = node.matching;
  let labels = dropsName(node) ? withoutLabels(many, ['__name__']) : new Map(many);
  if (side === 'none') labels = on ? onlyLabels(labels, names) : withoutLabels(labels, names);
  if (include.length === 0) return labels;
  const changed = new Map(labels);
  for (const name of include) {
    const value = one.get(name);
    if (value === undefined || value === '') changed.delete(name);
    else changed.set(name, value);
  }
  return changed;
}

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
  noLabels,
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

/** What an operator makes of two values; a comparison that fails keeps none, one that holds keeps what is given. */
type Operation = (left: number, right: number, kept: number) => number | undefined;

function operationOf({ op, bool }: Binary): Operation {
  if (isSetOp(op)) return () => undefined;
  if (!isComparison(op)) return arithmetic[op];
  const holds = comparison[op];
  return bool
    ? (left, right) => (holds(left, right) ? 1 : 0)
    : (left, right, kept) => (holds(left, right) ? kept : undefined);
}

export function binary(node: Binary, left: Value, right: Value, steps: number): Value {
  if (left.type === 'scalar' && right.type === 'scalar') {
    const operation = operationOf(node);
    const values = left.values.map(
      (value, step) => operation(value, right.values[step] as number, value) ?? Number.NaN,
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
  const operation = operationOf(node);
  const series = vector.series.map(({ labels, values, present }) => {
    const out = emptySeries(
      dropsName(node) ? withoutLabels(labels, ['__name__']) : labels,
      values.length,
    );
    for (let step = 0; step < values.length; step++) {
      if (!present[step]) continue;
      const [value, other] = [values[step] as number, scalar.values[step] as number];
      const made = scalarLeft ? operation(other, value, value) : operation(value, other, value);
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

/** At which steps any series of a group has a value. */
function presence(groups: Map<string, Series[]>): Map<string, Uint8Array> {
  return new Map(
    [...groups].map(([key, series]) => {
      const any = new Uint8Array(series[0]?.present.length ?? 0);
      for (const { present } of series)
        for (let step = 0; step < any.length; step++) if (present[step] === 1) any[step] = 1;
      return [key, any] as const;
    }),
  );
}

function sets({ op, matching }: Binary, left: Vector, right: Vector): Value {
  const group = groupOf(matching);
  const there = presence(grouped(op === 'or' ? left.series : right.series, group));
  /** Only at the steps where the other side has the group, or has it not. */
  const kept = (series: Series, wanted: boolean): Series => {
    const others = there.get(labelsKey(group(series.labels)));
    if (!others)
      return wanted ? { ...series, present: new Uint8Array(series.present.length) } : series;
    return {
      ...series,
      present: series.present.map((is, step) =>
        is === 1 && (others[step] === 1) === wanted ? 1 : 0,
      ),
    };
  };
  if (op === 'or')
    return {
      type: 'vector',
      series: [...left.series, ...right.series.map((one) => kept(one, false))],
    };
  return { type: 'vector', series: left.series.map((one) => kept(one, op === 'and')) };
}

/** The side with one series per group at each step. */
function singleOf(
  partners: readonly Series[],
  steps: number,
  fail: (first: Series, second: Series) => PromqlError,
): readonly (Series | undefined)[] {
  const at: (Series | undefined)[] = Array.from({ length: steps });
  for (const partner of partners)
    for (let step = 0; step < steps; step++) {
      if (partner.present[step] !== 1) continue;
      const before = at[step];
      if (before) throw fail(before, partner);
      at[step] = partner;
    }
  return at;
}

function vectors(node: Binary, left: Vector, right: Vector, steps: number): Value {
  const { matching } = node;
  const operation = operationOf(node);
  const group = groupOf(matching);
  const swapped = matching.many === 'right';
  const [many, one] = swapped ? [right, left] : [left, right];
  const [fillMany, fillOne] = swapped
    ? [matching.fillRight, matching.fillLeft]
    : [matching.fillLeft, matching.fillRight];
  const manys = grouped(many.series, group);
  const ones = grouped(one.series, group);
  const made = new Map<string, Series>();
  const outOf = (labels: Labels): Series => {
    const key = labelsKey(labels);
    let out = made.get(key);
    if (!out) made.set(key, (out = emptySeries(labels, steps)));
    return out;
  };
  const put = (out: () => Series, step: number, value: number, other: number): void => {
    const result = swapped ? operation(other, value, other) : operation(value, other, value);
    if (result === undefined) return;
    const { values, present } = out();
    if (present[step])
      throw new PromqlError(
        'execution',
        'multiple matches for labels: grouping labels must ensure unique matches',
      );
    values[step] = result;
    present[step] = 1;
  };
  for (const [key, members] of manys) {
    const labels = group((members[0] as Series).labels);
    const partners = ones.get(key) ?? [];
    if (partners.length === 0 && fillOne === undefined) continue;
    const single = partners.length === 1 ? (partners[0] as Series) : undefined;
    const any =
      partners.length > 1
        ? (presence(new Map([[key, members]])).get(key) as Uint8Array)
        : undefined;
    const seen =
      any &&
      singleOf(
        partners.map((partner) => ({
          ...partner,
          present: partner.present.map((is, step) => is & (any[step] as number)),
        })),
        steps,
        (first, second) => twice(labels, swapped, first, second),
      );
    const taken =
      matching.many === 'none' && members.length > 1 ? new Uint8Array(steps) : undefined;
    for (const from of members) {
      let [last, out]: [Series | undefined, Series | undefined] = [undefined, undefined];
      for (let step = 0; step < steps; step++) {
        if (from.present[step] !== 1) continue;
        const partner = seen ? seen[step] : single?.present[step] === 1 ? single : undefined;
        const other = partner ? (partner.values[step] as number) : fillOne;
        if (other === undefined) continue;
        if (taken?.[step] === 1)
          throw new PromqlError(
            'execution',
            'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
          );
        if (taken) taken[step] = 1;
        if (last !== partner) out = undefined;
        last = partner;
        const where = (): Series =>
          (out ??= outOf(labelsOf(node, from.labels, partner?.labels ?? noLabels)));
        put(where, step, from.values[step] as number, other);
      }
    }
  }
  if (fillMany !== undefined) {
    const there = presence(manys);
    for (const [key, partners] of ones) {
      const others = there.get(key);
      const labels = group((partners[0] as Series).labels);
      const at = singleOf(partners, steps, (first, second) =>
        twice(labels, swapped, first, second),
      );
      for (const [step, partner] of at.entries())
        if (partner && others?.[step] !== 1)
          put(
            () => outOf(labelsOf(node, labels, partner.labels)),
            step,
            fillMany,
            partner.values[step] as number,
          );
    }
  }
  return { type: 'vector', series: [...made.values()] };
}

function twice(labels: Labels, swapped: boolean, first: Series, second: Series): PromqlError {
  return new PromqlError(
    'execution',
    `found duplicate series for the match group ${shownLabels(labels)} on the ${swapped ? 'left' : 'right'} hand-side of the operation: [${shownLabels(first.labels)}, ${shownLabels(second.labels)}];many-to-many matching not allowed: matching labels must be unique on one side`,
  );
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

/**
 * Evaluates a query for all its steps at once: every part of it becomes one column per series, so that labels are
 * matched once and not once per step. Semantics are those of Prometheus 3: a sample counts for five minutes, ranges
 * are open at the left.
 */
import { MINUTE_MS } from '@openmanager/protocol/durations';
import { aggregate } from './aggregate.ts';
import { binary } from './binary.ts';
import { overBuckets } from './bucket-window.ts';
import { calendarFunctions, clamp, roundTo, valueFunctions } from './elementwise.ts';
import {
  bare,
  type Binary,
  type Call,
  type Expression,
  type Matcher,
  type RangeSelector,
  type Selector,
  type Shift,
  type Subquery,
} from './expression.ts';
import { Budget } from './budget.ts';
import { fractionOfBuckets, ofHistograms, quantileOfBuckets } from './histogram.ts';
import { enriched } from './info.ts';
import { sortedByLabel } from './label-order.ts';
import { labelJoin, labelReplace } from './relabel.ts';
import { PromqlError } from './promql-error.ts';
import { type Labels, labelsKey } from '@openmanager/store/contract';
import {
  emptySeries,
  noLabels,
  type Samples,
  type Series,
  type Value,
  withoutLabels,
} from './samples.ts';
import { typeOf } from './types.ts';
import { type Window, windowFunctions } from './window.ts';

/** Lookback: how long a sample is valid for an instant selector, ms. */
export const LOOKBACK_MS: number = 5 * MINUTE_MS;
/** Step of a subquery that names none, as Prometheus has it by default. */
const SUBQUERY_STEP_MS = MINUTE_MS;

export interface SampleSource {
  /**
   * Series that fit all matchers with their points in the span, both ends inclusive, and where only buckets are
   * kept, one before it.
   */
  select(matchers: readonly Matcher[], fromMs: number, toMs: number): Promise<readonly Samples[]>;
  /** What the asker should know of the answer. */
  warn?(text: string): void;
}

export interface EvaluationOptions {
  readonly startMs: number;
  readonly endMs: number;
  /** Most values that one part of the query may have; `execution` beyond. */
  readonly maxPoints: number;
  /** How long a sample is valid for an instant selector, ms. @default LOOKBACK_MS */
  readonly lookbackMs?: number | undefined;
}

export class Evaluation {
  readonly #source: SampleSource;
  readonly #options: EvaluationOptions;
  readonly #budget: Budget;
  readonly #lookbackMs: number;
  readonly #fetched = new Map<string, Promise<readonly Samples[]>>();

  constructor(source: SampleSource, options: EvaluationOptions) {
    this.#source = source;
    this.#options = options;
    this.#budget = new Budget(options.maxPoints);
    this.#lookbackMs = options.lookbackMs ?? LOOKBACK_MS;
  }

  /** The value at each of the times, which ascend. */
  async value(node: Expression, times: Float64Array): Promise<Value> {
    switch (node.kind) {
      case 'number':
        return { type: 'scalar', values: new Float64Array(times.length).fill(node.value) };
      case 'string':
        return { type: 'string', text: node.value };
      case 'selector':
        return vector(await this.#instant(node, times));
      case 'paren':
        return this.value(node.of, times);
      case 'unary': {
        const of = await this.value(node.of, times);
        if (node.op === '+') return of;
        if (of.type === 'scalar')
          return { type: 'scalar', values: of.values.map((value) => -value) };
        return vector(this.#unique(mapped(of, (value) => -value)));
      }
      case 'binary':
        return this.#chain(node, times);
      case 'aggregate': {
        const of = await this.value(node.of, times);
        const parameter = node.parameter && (await this.value(node.parameter, times));
        return vector(aggregate(node, seriesOf(of), parameter, times.length, this.#budget));
      }
      case 'call':
        return this.#call(node, times);
      default:
        throw new PromqlError('bad_data', 'a range vector stands only inside a function');
    }
  }

  /** Samples of a range vector, as an instant query with nothing around it answers them. */
  async matrix(node: RangeSelector | Subquery, timeMs: number): Promise<readonly Samples[]> {
    const times = Float64Array.of(timeMs);
    const { samples, ends } = await this.#range(node, times);
    const end = ends[0] as number;
    return samples.flatMap((one) => {
      const inside = (time: number): boolean => time > end - node.rangeMs && time <= end;
      const places = [...one.timesMs.keys()].filter((place) =>
        inside(one.timesMs[place] as number),
      );
      if (places.length === 0) return [];
      const taken = (column: Float64Array): Float64Array =>
        Float64Array.from(places, (place) => column[place] as number);
      return [
        { ...one, timesMs: taken(one.timesMs), values: taken(one.values), buckets: undefined },
      ];
    });
  }

  /** `a + b + c …` may be long: what stands in a row does not go deeper. */
  async #chain(node: Binary, times: Float64Array): Promise<Value> {
    const chain = [node];
    for (let left = node.left; left.kind === 'binary'; left = left.left) chain.push(left);
    chain.reverse();
    let value = await this.value((chain[0] as Binary).left, times);
    for (const one of chain) {
      const right = await this.value(one.right, times);
      const made = binary(one, value, right, times.length);
      value = made.type === 'vector' ? vector(this.#unique(made.series)) : made;
    }
    return value;
  }

  #shifted({ offsetMs, at }: Shift, times: Float64Array): Float64Array {
    const fixed = at === 'start' ? this.#options.startMs : at === 'end' ? this.#options.endMs : at;
    return times.map((time) => (fixed ?? time) - offsetMs);
  }

  #select(selector: Selector, fromMs: number, toMs: number): Promise<readonly Samples[]> {
    const key = JSON.stringify([selector.matchers, fromMs, toMs]);
    let found = this.#fetched.get(key);
    if (!found) {
      found = this.#source.select(selector.matchers, fromMs, toMs).then((samples) => {
        this.#budget.load(samples.reduce((sum, { values }) => sum + values.length, 0));
        return samples;
      });
      this.#fetched.set(key, found);
    }
    return found;
  }

  async #instant(selector: Selector, times: Float64Array, ofTime = false): Promise<Series[]> {
    const ats = this.#shifted(selector, times);
    const steps = times.length;
    const lookback = this.#lookbackMs;
    const from = (ats[0] as number) - lookback + 1;
    const samples = await this.#select(selector, from, ats[steps - 1] as number);
    this.#budget.part(samples.length, steps);
    const made: Series[] = [];
    for (const { labels, timesMs, values, buckets } of samples) {
      const out = emptySeries(labels, steps);
      const count = timesMs.length;
      let [place, any] = [-1, false];
      for (let step = 0; step < steps; step++) {
        const time = ats[step] as number;
        while (place + 1 < count && (timesMs[place + 1] as number) <= time) place++;
        if (place < 0) continue;
        // A bucket stands until the next one can be there.
        const valid = buckets ? lookback + (buckets.widthsMs[place] ?? 0) : lookback;
        if ((timesMs[place] as number) <= time - valid) continue;
        out.values[step] = ofTime ? (timesMs[place] as number) / 1000 : (values[place] as number);
        out.present[step] = 1;
        any = true;
      }
      if (any) made.push(out);
    }
    return made;
  }

  async #range(
    expression: Expression,
    times: Float64Array,
  ): Promise<{
    readonly samples: readonly Samples[];
    readonly rangeMs: number;
    /** Per step. */
    readonly ends: Float64Array;
  }> {
    const node = bare(expression);
    const last = times.length - 1;
    if (node.kind === 'range') {
      const ends = this.#shifted(node.selector, times);
      const fromMs = (ends[0] as number) - node.rangeMs + 1;
      const samples = await this.#select(node.selector, fromMs, ends[last] as number);
      return { samples, rangeMs: node.rangeMs, ends };
    }
    if (node.kind !== 'subquery') throw new PromqlError('bad_data', 'expected a range vector');
    const ends = this.#shifted(node, times);
    const step = node.stepMs ?? SUBQUERY_STEP_MS;
    const first = (Math.floor(((ends[0] as number) - node.rangeMs) / step) + 1) * step;
    const count = Math.max(0, Math.floor(((ends[last] as number) - first) / step) + 1);
    this.#budget.part(1, count);
    const grid = Float64Array.from({ length: count }, (_, place) => first + place * step);
    if (count === 0) return { samples: [], rangeMs: node.rangeMs, ends };
    const of = await this.value(node.of, grid);
    const samples = seriesOf(of).map(({ labels, values, present }): Samples => {
      const places = [...present.keys()].filter((place) => present[place] === 1);
      return {
        labels,
        timesMs: Float64Array.from(places, (place) => grid[place] as number),
        values: Float64Array.from(places, (place) => values[place] as number),
        buckets: undefined,
      };
    });
    return { samples, rangeMs: node.rangeMs, ends };
  }

  async #call(node: Call, times: Float64Array): Promise<Value> {
    const { name, args } = node;
    const steps = times.length;
    const argument = bare(args[0] ?? node);
    if (name === 'time') return { type: 'scalar', values: times.map((time) => time / 1000) };
    if (name === 'pi') return { type: 'scalar', values: new Float64Array(steps).fill(Math.PI) };
    if (name === 'absent_over_time') {
      const counts = await this.#windows('count_over_time', args, times);
      return vector([absentSeries(argument, counts, steps)]);
    }
    if (Object.hasOwn(windowFunctions, name))
      return vector(this.#unique(await this.#windows(name, args, times)));
    if (name === 'timestamp' && argument.kind === 'selector')
      return vector(this.#unique((await this.#instant(argument, times, true)).map(nameless)));
    if (name === 'info') {
      const of = seriesOf(await this.value(argument, times));
      const wanted = args[1]?.kind === 'selector' ? args[1].matchers : [];
      const found = (matchers: readonly Matcher[]): Promise<Series[]> =>
        this.#instant(
          { kind: 'selector', name: undefined, matchers, offsetMs: 0, at: undefined },
          times,
        );
      return vector(this.#unique(await enriched(of, wanted, found, steps)));
    }
    const values: Value[] = [];
    for (const one of args) values.push(await this.value(one, times));
    const [first] = values;
    const scalar = (place: number): Float64Array => {
      const value = values[place];
      return value?.type === 'scalar' ? value.values : new Float64Array(steps);
    };
    const text = (place: number): string => {
      const value = values[place];
      return value?.type === 'string' ? value.text : '';
    };
    const each = (of: (value: number, step: number) => number): Value =>
      vector(this.#unique(mapped(first, of)));

    if (name === 'vector')
      return vector([
        { labels: noLabels, values: scalar(0), present: new Uint8Array(steps).fill(1) },
      ]);
    if (name === 'scalar') return scalarOf(seriesOf(first), steps);
    if (name === 'absent') return vector([absentSeries(argument, seriesOf(first), steps)]);
    if (name === 'sort' || name === 'sort_desc')
      return sorted(seriesOf(first), name === 'sort' ? 1 : -1);
    if (name === 'sort_by_label' || name === 'sort_by_label_desc') {
      const labels = values.slice(1).map((_, place) => text(place + 1));
      return vector(sortedByLabel(seriesOf(first), labels, name === 'sort_by_label' ? 1 : -1));
    }
    if (name === 'histogram_quantile') {
      const q = scalar(0);
      return vector(
        ofHistograms(seriesOf(values[1]), steps, (buckets, step) =>
          quantileOfBuckets(q[step] as number, buckets),
        ),
      );
    }
    if (name === 'histogram_fraction') {
      const [lower, upper] = [scalar(0), scalar(1)];
      return vector(
        ofHistograms(seriesOf(values[2]), steps, (buckets, step) =>
          fractionOfBuckets(lower[step] as number, upper[step] as number, buckets),
        ),
      );
    }
    if (name === 'timestamp') return each((_, step) => (times[step] as number) / 1000);
    if (name === 'label_replace')
      return vector(
        this.#unique(
          labelReplace(seriesOf(first), text(1), text(2), text(3), text(4), this.#budget),
        ),
      );
    if (name === 'label_join') {
      const from = values.slice(3).map((_, place) => text(place + 3));
      return vector(this.#unique(labelJoin(seriesOf(first), text(1), text(2), from, this.#budget)));
    }
    if (name === 'round') {
      const to = args.length > 1 ? scalar(1) : new Float64Array(steps).fill(1);
      return each((value, step) => roundTo(value, to[step] as number));
    }
    if (name === 'clamp') {
      const [least, most] = [scalar(1), scalar(2)];
      const some = mapped(first, (value, step) =>
        clamp(value, least[step] as number, most[step] as number),
      );
      const empty = least.map((value, step) => (value > (most[step] as number) ? 1 : 0));
      for (const { present } of some) empty.forEach((is, step) => is === 1 && (present[step] = 0));
      return vector(this.#unique(some));
    }
    if (name === 'clamp_min' || name === 'clamp_max') {
      const bound = scalar(1);
      const pick = name === 'clamp_min' ? Math.max : Math.min;
      return each((value, step) => pick(value, bound[step] as number));
    }
    const calendar = calendarFunctions[name];
    if (calendar && args.length === 0)
      return vector([
        {
          labels: noLabels,
          values: times.map((time) => calendar(time / 1000)),
          present: new Uint8Array(steps).fill(1),
        },
      ]);
    const made = calendar ?? valueFunctions[name];
    if (made) return each((value) => made(value));
    throw new PromqlError(
      'bad_data',
      `parse error: the function ${name}() is not part of the PromQL subset of this hub`,
    );
  }

  /** One window per series and step. */
  async #windows(
    name: string,
    args: readonly Expression[],
    times: Float64Array,
  ): Promise<Series[]> {
    const place = args.findIndex((argument) => typeOf(argument) === 'matrix');
    const { samples, rangeMs, ends } = await this.#range(args[place] as Expression, times);
    this.#budget.part(samples.length, times.length);
    const other = args.find((_, index) => index !== place);
    const value = other && (await this.value(other, times));
    const scalar = value?.type === 'scalar' ? value.values : undefined;
    const apply = windowFunctions[name] as (window: Window) => number | undefined;
    const keepsName = name === 'last_over_time' || name === 'first_over_time';
    return samples.map(({ labels, timesMs, values, buckets }) => {
      const kept = keepsName ? labels : withoutLabels(labels, ['__name__']);
      const out = emptySeries(kept, times.length);
      if (buckets) {
        const steps = { rangeMs, ends, times, argument: scalar };
        const warn = (text: string): void => this.#source.warn?.(text);
        overBuckets(name, { labels, timesMs, values, buckets }, steps, out, warn);
        return out;
      }
      const window = {
        timesMs,
        values,
        buckets,
        first: 0,
        end: 0,
        startMs: 0,
        endMs: 0,
        stepMs: 0,
        argument: Number.NaN,
      };
      const count = timesMs.length;
      for (let step = 0; step < times.length; step++) {
        const endMs = ends[step] as number;
        const startMs = endMs - rangeMs;
        while (window.end < count && (timesMs[window.end] as number) <= endMs) window.end++;
        while (window.first < window.end && (timesMs[window.first] as number) <= startMs)
          window.first++;
        if (window.first === window.end) continue;
        window.startMs = startMs;
        window.endMs = endMs;
        window.stepMs = times[step] as number;
        if (scalar) window.argument = scalar[step] as number;
        const made = apply(window);
        if (made === undefined) continue;
        out.values[step] = made;
        out.present[step] = 1;
      }
      return out;
    });
  }

  /** Merges series of equal labels, provided that they have no value at the same step. */
  #unique(series: readonly Series[]): readonly Series[] {
    const made = new Map<string, Series>();
    for (const one of series) {
      const key = labelsKey(one.labels);
      const before = made.get(key);
      if (!before) {
        made.set(key, one);
        continue;
      }
      const both = {
        labels: one.labels,
        values: before.values.slice(),
        present: before.present.slice(),
      };
      for (let step = 0; step < one.values.length; step++) {
        if (!one.present[step]) continue;
        if (both.present[step])
          throw new PromqlError(
            'execution',
            'vector cannot contain metrics with the same labelset',
          );
        both.values[step] = one.values[step] as number;
        both.present[step] = 1;
      }
      made.set(key, both);
    }
    return [...made.values()];
  }
}

function vector(series: readonly Series[]): Value {
  return { type: 'vector', series };
}

function seriesOf(value: Value | undefined): readonly Series[] {
  if (value?.type === 'vector') return value.series;
  if (value?.type !== 'scalar') return [];
  return [
    {
      labels: noLabels,
      values: value.values,
      present: new Uint8Array(value.values.length).fill(1),
    },
  ];
}

function nameless(series: Series): Series {
  return { ...series, labels: withoutLabels(series.labels, ['__name__']) };
}

/** Other values under the same labels without the name. */
function mapped(value: Value | undefined, of: (value: number, step: number) => number): Series[] {
  return seriesOf(value).map((series) => ({
    ...nameless(series),
    values: series.values.map((one, step) => (series.present[step] ? of(one, step) : 0)),
    present: series.present.slice(),
  }));
}

function scalarOf(series: readonly Series[], steps: number): Value {
  const values = new Float64Array(steps).fill(Number.NaN);
  for (let step = 0; step < steps; step++) {
    const there = series.filter(({ present }) => present[step] === 1);
    if (there.length === 1) values[step] = there[0]?.values[step] as number;
  }
  return { type: 'scalar', values };
}

/** Of an instant query by value; more steps have no one order. */
function sorted(series: readonly Series[], sign: 1 | -1): Value {
  const value = ({ values }: Series): number => values[0] as number;
  return vector(
    series.toSorted((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (Number.isNaN(x) || Number.isNaN(y))
        return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
      return sign * (x - y);
    }),
  );
}

/** 1 where none of the series has a value, under the labels that the selector asks to be equal to something. */
function absentSeries(argument: Expression, series: readonly Series[], steps: number): Series {
  const out = emptySeries(absentLabels(argument), steps);
  for (let step = 0; step < steps; step++) {
    if (series.some(({ present }) => present[step] === 1)) continue;
    out.values[step] = 1;
    out.present[step] = 1;
  }
  return out;
}

function absentLabels(argument: Expression): Labels {
  const of = bare(argument);
  const selector = of.kind === 'range' ? of.selector : of;
  if (selector.kind !== 'selector') return noLabels;
  const labels = new Map<string, string>();
  const seen = new Set<string>();
  for (const { label, op, value } of selector.matchers) {
    if (label === '__name__') continue;
    if (op === '=' && !seen.has(label)) labels.set(label, value);
    else labels.delete(label);
    seen.add(label);
  }
  return labels;
}

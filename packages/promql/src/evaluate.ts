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
import type {
  Call,
  Expression,
  Matcher,
  RangeSelector,
  Selector,
  Shift,
  Subquery,
} from './expression.ts';
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
}

export class Evaluation {
  readonly #source: SampleSource;
  readonly #options: EvaluationOptions;
  readonly #fetched = new Map<string, Promise<readonly Samples[]>>();

  constructor(source: SampleSource, options: EvaluationOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** The value at each of the times, which ascend. */
  async value(node: Expression, times: Float64Array): Promise<Value> {
    switch (node.kind) {
      case 'number':
        return { type: 'scalar', values: new Float64Array(times.length).fill(node.value) };
      case 'string':
        return { type: 'string', text: node.value };
      case 'selector':
        return vector(await this.#instant(node, times, (values, place) => values[place] as number));
      case 'negate': {
        const of = await this.value(node.of, times);
        if (of.type === 'scalar')
          return { type: 'scalar', values: of.values.map((value) => -value) };
        return vector(mapped(of, (value) => -value));
      }
      case 'binary': {
        const left = await this.value(node.left, times);
        const right = await this.value(node.right, times);
        const made = binary(node, left, right, times.length);
        return made.type === 'vector' ? vector(this.#unique(made.series)) : made;
      }
      case 'aggregate': {
        const of = await this.value(node.of, times);
        const parameter = node.parameter && (await this.value(node.parameter, times));
        return vector(aggregate(node, seriesOf(of), parameter, times.length));
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
    const { samples, endOf } = await this.#range(node, times);
    const end = endOf(0);
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

  #shifted({ offsetMs, at }: Shift, times: Float64Array): (step: number) => number {
    const fixed = at === 'start' ? this.#options.startMs : at === 'end' ? this.#options.endMs : at;
    return (step) => (fixed ?? times[step] ?? Number.NaN) - offsetMs;
  }

  #select(selector: Selector, fromMs: number, toMs: number): Promise<readonly Samples[]> {
    const key = JSON.stringify([selector.matchers, fromMs, toMs]);
    let found = this.#fetched.get(key);
    if (!found)
      this.#fetched.set(key, (found = this.#source.select(selector.matchers, fromMs, toMs)));
    return found;
  }

  #room(series: number, steps: number): void {
    if (series * steps > this.#options.maxPoints)
      throw new PromqlError(
        'execution',
        `query processing would load too many samples into memory: ${series} series of ${steps} steps are more than ${this.#options.maxPoints}; ask for fewer series, a shorter span or a wider step`,
      );
  }

  async #instant(
    selector: Selector,
    times: Float64Array,
    read: (values: Float64Array, place: number, timesMs: Float64Array) => number,
  ): Promise<Series[]> {
    const at = this.#shifted(selector, times);
    const samples = await this.#select(selector, at(0) - LOOKBACK_MS + 1, at(times.length - 1));
    this.#room(samples.length, times.length);
    const made: Series[] = [];
    for (const { labels, timesMs, values, buckets } of samples) {
      const out = emptySeries(labels, times.length);
      let [place, any] = [-1, false];
      for (let step = 0; step < times.length; step++) {
        const time = at(step);
        while (place + 1 < timesMs.length && (timesMs[place + 1] as number) <= time) place++;
        if (place < 0) continue;
        // A bucket stands until the next one can be there.
        const valid = LOOKBACK_MS + (buckets?.widthsMs[place] ?? 0);
        if ((timesMs[place] as number) <= time - valid) continue;
        out.values[step] = read(values, place, timesMs);
        out.present[step] = 1;
        any = true;
      }
      if (any) made.push(out);
    }
    return made;
  }

  async #range(
    node: Expression,
    times: Float64Array,
  ): Promise<{
    readonly samples: readonly Samples[];
    readonly rangeMs: number;
    readonly endOf: (step: number) => number;
  }> {
    if (node.kind === 'range') {
      const endOf = this.#shifted(node.selector, times);
      const fromMs = endOf(0) - node.rangeMs + 1;
      const samples = await this.#select(node.selector, fromMs, endOf(times.length - 1));
      return { samples, rangeMs: node.rangeMs, endOf };
    }
    if (node.kind !== 'subquery') throw new PromqlError('bad_data', 'expected a range vector');
    const endOf = this.#shifted(node, times);
    const step = node.stepMs ?? SUBQUERY_STEP_MS;
    const first = (Math.floor((endOf(0) - node.rangeMs) / step) + 1) * step;
    const count = Math.max(0, Math.floor((endOf(times.length - 1) - first) / step) + 1);
    this.#room(1, count);
    const grid = Float64Array.from({ length: count }, (_, place) => first + place * step);
    if (count === 0) return { samples: [], rangeMs: node.rangeMs, endOf };
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
    return { samples, rangeMs: node.rangeMs, endOf };
  }

  async #call(node: Call, times: Float64Array): Promise<Value> {
    const { name, args } = node;
    const steps = times.length;
    const argument = args[0] as Expression;
    if (name === 'time') return { type: 'scalar', values: times.map((time) => time / 1000) };
    if (name === 'pi') return { type: 'scalar', values: new Float64Array(steps).fill(Math.PI) };
    if (name === 'absent_over_time') {
      const counts = await this.#windows('count_over_time', args, times);
      return vector([absentSeries(argument, counts, steps)]);
    }
    if (Object.hasOwn(windowFunctions, name))
      return vector(this.#unique(await this.#windows(name, args, times)));
    if (name === 'timestamp' && argument.kind === 'selector') {
      const read = (_: Float64Array, place: number, timesMs: Float64Array): number =>
        (timesMs[place] as number) / 1000;
      const series = await this.#instant(argument, times, read);
      return vector(this.#unique(series.map(nameless)));
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
    if (name === 'timestamp') return each((_, step) => (times[step] as number) / 1000);
    if (name === 'label_replace')
      return vector(
        this.#unique(labelReplace(seriesOf(first), text(1), text(2), text(3), text(4))),
      );
    if (name === 'label_join') {
      const from = values.slice(3).map((_, place) => text(place + 3));
      return vector(this.#unique(labelJoin(seriesOf(first), text(1), text(2), from)));
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
    if (name === 'clamp_min')
      return each((value, step) => Math.max(value, scalar(1)[step] as number));
    if (name === 'clamp_max')
      return each((value, step) => Math.min(value, scalar(1)[step] as number));
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
    const { samples, rangeMs, endOf } = await this.#range(args[place] as Expression, times);
    this.#room(samples.length, times.length);
    const other = args.find((_, index) => index !== place);
    const scalar = other && (await this.value(other, times));
    const apply = windowFunctions[name] as (window: Window) => number | undefined;
    return samples.map(({ labels, timesMs, values, buckets }) => {
      const kept = name === 'last_over_time' ? labels : withoutLabels(labels, ['__name__']);
      const out = emptySeries(kept, times.length);
      if (buckets) {
        const argumentOf = (step: number): number =>
          scalar?.type === 'scalar' ? (scalar.values[step] as number) : Number.NaN;
        const warn = (text: string): void => this.#source.warn?.(text);
        const steps = { rangeMs, endOf, times, argumentOf };
        overBuckets(name, { labels, timesMs, values, buckets }, steps, out, warn);
        return out;
      }
      let [first, end] = [0, 0];
      for (let step = 0; step < times.length; step++) {
        const endMs = endOf(step);
        while (end < timesMs.length && (timesMs[end] as number) <= endMs) end++;
        while (first < end && (timesMs[first] as number) <= endMs - rangeMs) first++;
        if (first === end) continue;
        const value = apply({
          timesMs,
          values,
          buckets,
          first,
          end,
          startMs: endMs - rangeMs,
          endMs,
          stepMs: times[step] as number,
          argument: scalar?.type === 'scalar' ? (scalar.values[step] as number) : Number.NaN,
        });
        if (value === undefined) continue;
        out.values[step] = value;
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
  const selector = argument.kind === 'range' ? argument.selector : argument;
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

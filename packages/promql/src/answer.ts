/** Runs a query: from its text to the `data` of the response. */
import { bare } from './expression.ts';
import { Evaluation, type SampleSource } from './evaluate.ts';
import { showNumber } from '@openmanager/store/contract';
import { matrixJson, metricJson, pointJson, vectorJson } from './json.ts';
import { parsePromql } from './parse.ts';
import { PromqlError } from './promql-error.ts';
import { labelsKey } from '@openmanager/store/contract';
import { type Series } from './samples.ts';
import { typeOf } from './types.ts';

/** Most points of one series in an answer, as Prometheus has it. */
export const MAX_POINTS_PER_SERIES = 11_000;

export interface InstantQuestion {
  readonly text: string;
  readonly timeMs: number;
  /** Most series of the answer. @default all */
  readonly limit?: number | undefined;
  /** How long a sample is valid for an instant selector. @default 5 minutes */
  readonly lookbackMs?: number | undefined;
}

export interface RangeQuestion {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  /** Most series of the answer. @default all */
  readonly limit?: number | undefined;
  /** How long a sample is valid for an instant selector. @default 5 minutes */
  readonly lookbackMs?: number | undefined;
}

function limited<T>(
  series: readonly T[],
  limit: number | undefined,
  warnings: string[],
): readonly T[] {
  if (limit === undefined || limit === 0 || series.length <= limit) return series;
  warnings.push('results truncated due to limit');
  return series.slice(0, limit);
}

/** JSON text `{"resultType": …, "result": …}`. */
export async function answerInstant(
  source: SampleSource,
  { text, timeMs, limit, lookbackMs }: InstantQuestion,
  maxPoints: number,
  warnings: string[] = [],
): Promise<string> {
  const expression = bare(parsePromql(text));
  const evaluation = new Evaluation(source, {
    startMs: timeMs,
    endMs: timeMs,
    maxPoints,
    lookbackMs,
  });
  if (expression.kind === 'range' || expression.kind === 'subquery') {
    const samples = limited(await evaluation.matrix(expression, timeMs), limit, warnings);
    const parts = samples.map(({ labels, timesMs, values }) => {
      const points = Array.from(timesMs, (time, place) => pointJson(time, values[place] as number));
      return `{"metric":${metricJson(labels)},"values":[${points.join(',')}]}`;
    });
    return `{"resultType":"matrix","result":[${parts.join(',')}]}`;
  }
  const value = await evaluation.value(expression, Float64Array.of(timeMs));
  if (value.type === 'vector') {
    const there = value.series.filter(({ present }) => present[0] === 1);
    return vectorJson(limited(there, limit, warnings), timeMs);
  }
  const shown = value.type === 'string' ? value.text : showNumber(value.values[0] as number);
  return `{"resultType":"${value.type}","result":[${timeMs / 1000},${JSON.stringify(shown)}]}`;
}

export async function answerRange(
  source: SampleSource,
  { text, startMs, endMs, stepMs, limit, lookbackMs }: RangeQuestion,
  maxPoints: number,
  warnings: string[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  const expression = parsePromql(text);
  const type = typeOf(expression);
  if (type !== 'scalar' && type !== 'vector')
    throw new PromqlError(
      'bad_data',
      `invalid expression type "${type === 'matrix' ? 'range vector' : type}" for range query, must be Scalar or instant Vector`,
    );
  const steps = stepsOf(startMs, endMs, stepMs);
  const times = Float64Array.from({ length: steps }, (_, step) => startMs + step * stepMs);
  const evaluation = new Evaluation(source, { startMs, endMs, maxPoints, lookbackMs });
  const value = await evaluation.value(expression, times);
  const series: readonly Series[] =
    value.type === 'vector'
      ? value.series
      : [
          {
            labels: new Map(),
            values: value.type === 'scalar' ? value.values : new Float64Array(steps),
            present: new Uint8Array(steps).fill(1),
          },
        ];
  const keyed = series
    .filter(({ present }) => present.includes(1))
    .map((one) => [labelsKey(one.labels), one] as const);
  keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const shown = limited(keyed, limit, warnings).map(([, one]) => one);
  return matrixJson(shown, times);
}

/** Throws `bad_data` for a span or a step that makes no sense, or too many points. */
export function stepsOf(startMs: number, endMs: number, stepMs: number): number {
  if (!(stepMs > 0))
    throw new PromqlError(
      'bad_data',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  if (endMs < startMs)
    throw new PromqlError('bad_data', 'end timestamp must not be before start time');
  const steps = Math.floor((endMs - startMs) / stepMs) + 1;
  if (steps > MAX_POINTS_PER_SERIES)
    throw new PromqlError(
      'bad_data',
      `exceeded maximum resolution of ${MAX_POINTS_PER_SERIES.toLocaleString('en')} points per timeseries. Try decreasing the query resolution (?step=XX)`,
    );
  return steps;
}

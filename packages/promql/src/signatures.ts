/** Signatures of the functions (https://prometheus.io/docs/prometheus/latest/querying/functions/). */
import type { ValueType } from './expression.ts';

export interface Signature {
  readonly takes: readonly ValueType[];
  readonly returns: ValueType;
  /** Arguments that must be there. @default all */
  readonly least?: number;
  /** The last argument may be repeated. */
  readonly variadic?: boolean;
}

function all(
  names: string,
  takes: readonly ValueType[],
  least = takes.length,
): Record<string, Signature> {
  return Object.fromEntries(
    names.split(' ').map((name) => [name, { takes, returns: 'vector', least } as const]),
  );
}

export const signatures: Readonly<Record<string, Signature>> = {
  ...all(
    'rate irate increase delta idelta deriv changes resets avg_over_time sum_over_time min_over_time max_over_time count_over_time last_over_time present_over_time absent_over_time stddev_over_time stdvar_over_time mad_over_time first_over_time ts_of_first_over_time ts_of_last_over_time ts_of_min_over_time ts_of_max_over_time',
    ['matrix'],
  ),
  ...all('predict_linear', ['matrix', 'scalar']),
  ...all('quantile_over_time', ['scalar', 'matrix']),
  ...all(
    'abs ceil floor exp ln log2 log10 sqrt sgn sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh deg rad absent sort sort_desc timestamp',
    ['vector'],
  ),
  ...all('round', ['vector', 'scalar'], 1),
  ...all('clamp', ['vector', 'scalar', 'scalar']),
  ...all('clamp_min clamp_max', ['vector', 'scalar']),
  ...all(
    'minute hour day_of_week day_of_month day_of_year days_in_month month year',
    ['vector'],
    0,
  ),
  ...all('label_replace', ['vector', 'string', 'string', 'string', 'string']),
  label_join: {
    takes: ['vector', 'string', 'string', 'string'],
    returns: 'vector',
    least: 3,
    variadic: true,
  },
  sort_by_label: { takes: ['vector', 'string'], returns: 'vector', least: 1, variadic: true },
  sort_by_label_desc: { takes: ['vector', 'string'], returns: 'vector', least: 1, variadic: true },
  ...all('histogram_quantile', ['scalar', 'vector']),
  ...all('histogram_fraction', ['scalar', 'scalar', 'vector']),
  ...all('info', ['vector', 'vector'], 1),
  vector: { takes: ['scalar'], returns: 'vector' },
  scalar: { takes: ['vector'], returns: 'scalar' },
  time: { takes: [], returns: 'scalar' },
  pi: { takes: [], returns: 'scalar' },
};

/** Functions that Prometheus has and this engine has not: about native histograms, or behind a flag there, too. */
export const refusedFunctions: ReadonlySet<string> = new Set(
  'double_exponential_smoothing holt_winters histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar histogram_quantiles start_timestamp start end range step'.split(
    ' ',
  ),
);

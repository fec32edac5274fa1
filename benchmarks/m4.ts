/**
 * How good forecasts of the hourly series of the M4 competition are (public; `--data DIR` has its Hourly-train.csv and
 * Hourly-test.csv, or hourly-train-….csv.gz): 48 hours ahead with all intervals, one series after the other on one
 * core, nothing tuned per series. Measures are those of the competition; OWA is against its Naive 2, computed here.
 * Holt-Winters is ours on logarithms (so multiplicative), gains chosen per series. Published figures are of all 414 series.
 */
import { forecast, holtWinters, type Forecast } from '@openmanager/analytics';
import { atMost, type BenchOptions, type BenchResult, type Figure } from './harness.ts';
import { readM4, type M4Series } from './m4/corpus.ts';
import { coverage, mase, msis, seasonalScale, smape } from './m4/measures.ts';
import { naive2 } from './m4/naive2.ts';

const SEASON = 24;
const HORIZON = 48;
const LEVELS = [50, 80, 95];

interface Errors {
  readonly smape: number;
  readonly mase: number;
}

function ours({ train }: M4Series): Forecast {
  const answer = forecast(train, { season: SEASON, horizon: HORIZON, levels: LEVELS });
  if (answer.kind !== 'forecast') throw new Error(`needs ${answer.needed} values`);
  return answer;
}

function withHoltWinters({ train }: M4Series): Float64Array {
  const [logs] = holtWinters().forecast({
    values: train.map(Math.log),
    origins: [train.length],
    horizon: HORIZON,
    season: SEASON,
    longSeason: 0,
  });
  return (logs as Float64Array).map(Math.exp);
}

function withSeasonalNaive({ train }: M4Series): Float64Array {
  return Float64Array.from(
    { length: HORIZON },
    (_, step) => train[train.length - SEASON + (step % SEASON)] as number,
  );
}

function errorsOf(series: readonly M4Series[], forecasts: readonly Float64Array[]): Errors {
  return {
    smape: mean(series.map(({ test }, index) => smape(forecasts[index] as Float64Array, test))),
    mase: mean(
      series.map(({ train, test }, index) =>
        mase(forecasts[index] as Float64Array, test, seasonalScale(train, SEASON)),
      ),
    ),
  };
}

function owa(own: Errors, reference: Errors): number {
  return (own.smape / reference.smape + own.mase / reference.mase) / 2;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function timed<T>(work: () => T): { readonly result: T; readonly ms: number } {
  const start = performance.now();
  const result = work();
  return { result, ms: performance.now() - start };
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  if (options.data === undefined) throw new Error('m4 needs --data DIR.');
  const series = readM4(options.data);
  const first = timed(() => series.map(ours));
  const { result: answers, ms } = options.quick ? first : timed(() => series.map(ours));
  const reference = errorsOf(
    series,
    series.map(({ train }) => naive2(train, SEASON, HORIZON)),
  );
  const own = errorsOf(
    series,
    answers.map((answer) => answer.mean),
  );
  const perLevel = LEVELS.map((level, index) => {
    const intervals = answers.map((answer) => answer.intervals[index] as Forecast['intervals'][0]);
    return {
      level,
      msis: mean(
        intervals.map(({ lower, upper }, at) => {
          const { train, test } = series[at] as M4Series;
          return msis(lower, upper, test, seasonalScale(train, SEASON), level);
        }),
      ),
      covered: mean(
        intervals.map(({ lower, upper }, at) =>
          coverage(lower, upper, (series[at] as M4Series).test),
        ),
      ),
    };
  });
  const peers: Figure[] = (
    [
      ['Naive 2', reference],
      ['seasonal naive', errorsOf(series, series.map(withSeasonalNaive))],
      ['Holt-Winters', errorsOf(series, series.map(withHoltWinters))],
    ] as const
  ).flatMap(([name, errors]) => [
    { name: `sMAPE of ${name}`, value: errors.smape, unit: '%', ratio: errors.smape / own.smape },
    { name: `MASE of ${name}`, value: errors.mase, unit: '', ratio: errors.mase / own.mase },
    { name: `OWA of ${name}`, value: owa(errors, reference), unit: '' },
  ]);
  const figures: Figure[] = [
    atMost('OWA', owa(own, reference), '', 0.39, { against: 'best of M4 0.410 (published)' }),
    atMost('MSIS, 95 %', perLevel.at(-1)?.msis ?? Number.NaN, '', 5.9, {
      against: 'best of M4 6.14 (published)',
    }),
    atMost('time per series', ms / series.length, 'ms', 2),
    { name: 'time per series, first run', value: first.ms / series.length, unit: 'ms' },
    { name: 'sMAPE', value: own.smape, unit: '%' },
    { name: 'MASE', value: own.mase, unit: '' },
    ...perLevel.map(({ level, covered }) => ({
      name: `within the ${level} % interval`,
      value: 100 * covered,
      unit: '%',
    })),
    ...peers,
  ];
  return { bench: 'm4', facts: [`${series.length} series`], figures };
}

import { forecast, type Forecast, type ForecastOptions } from '@openmanager/analytics';
import { FieldError } from '../detect/row.ts';
import { readSeries, writeCell } from '../forecast/series.ts';
import { answerLines } from '../lines.ts';
import { readSettings, settingsOf, UsageError, type Values } from '../settings.ts';
import { text } from '../text.ts';

const MOST_STEPS = 10_000;
const MOST_SEASON = 100_000;
const DEFAULT_LEVEL = 95;
const DEFAULT_HORIZON = 48;

/** Exit code 1 when a line could not be read or was too short; all others are answered. */
export async function runForecast(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const options = optionsOf(readSettings(settingsOf.forecast, args, environment));
  let bad = 0;
  await answerLines(process.stdin, process.stdout, (line, number) => {
    if (line.trim() === '') return undefined;
    try {
      const { id, values } = readSeries(line);
      const answer = forecast(values, options);
      if (answer.kind === 'forecast') return linesOf(writeCell(id), answer);
      const { known, needed } = answer;
      bad++;
      console.error(text('forecast.short', { line: number, id, known, needed }));
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      bad++;
      console.error(text('detect.line', { line: number, field: error.field, given: error.given }));
    }
    return undefined;
  });
  if (bad === 0) return 0;
  console.error(text('forecast.refused', { lines: bad }));
  return 1;
}

function linesOf(id: string, { mean, intervals }: Forecast): string {
  const lower = intervals[0]?.lower as Float64Array;
  const upper = intervals[0]?.upper as Float64Array;
  return Array.from(mean, (value, step) =>
    [id, step + 1, ...[value, lower[step] as number, upper[step] as number].map(digits)].join(','),
  ).join('\n');
}

/** Ten significant digits. */
function digits(value: number): string {
  return String(Number(value.toPrecision(10)));
}

function optionsOf({
  horizon = DEFAULT_HORIZON,
  level = DEFAULT_LEVEL,
  season,
}: Values<'horizon' | 'season' | 'level'>): ForecastOptions {
  inRange('horizon', horizon, 1, MOST_STEPS);
  inRange('level', level, 1, 99);
  const seasons = season.flatMap((entry) => entry.split(',')).map(Number);
  const [first = 24, longer] = seasons;
  if (
    seasons.length > 2 ||
    [first, longer ?? 0].some((one) => !Number.isInteger(one) || one < 0 || one > MOST_SEASON) ||
    first < 1
  )
    throw new UsageError(text('error.season', { value: season.join(',') }));
  return { horizon, levels: [level], season: longer === undefined ? first : [first, longer] };
}

function inRange(flag: string, value: number, least: number, most: number): void {
  if (value < least || value > most)
    throw new UsageError(text('error.range', { flag, least, most, value }));
}

import { createDetector, explainReason } from '@openmanager/analytics';
import { FieldError, readTime, readValue } from '../detect/row.ts';
import { answerLines } from '../lines.ts';
import { readSettings, settingsOf } from '../settings.ts';
import { text } from '../text.ts';

/** Six decimals, never rounded up: what is below the alarm threshold stays below it. */
export function scoreText(score: number): string {
  return String(Math.floor(score * 1e6) / 1e6);
}

/** Seven digits; empty while there is no band. */
function bandText(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(7))) : '';
}

/** A CSV field, quoted where it has to be. */
function quoted(field: string): string {
  return /[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** Answers a line of `timestamp,value`; `refused` hears of lines that cannot be read. */
function seriesAnswer(
  explain: boolean,
  refused: Refused,
): (line: string, number: number) => string {
  const detector = createDetector();
  const nothing = explain ? ',,,' : '';
  return (line, number) => {
    const [time = '', value = '', ...more] = line.split(',');
    try {
      if (more.length > 0) throw new FieldError('value', line.slice(time.length + 1));
      if (value === '' && !line.includes(',')) throw new FieldError('value', '');
      const { score, lower, upper, reason } = detector.update(
        readTime(time),
        readValue(value, 'value'),
      );
      const answer = `${time},${value},${scoreText(score)}`;
      if (!explain) return answer;
      const why = reason === undefined ? '' : quoted(explainReason(reason));
      return `${answer},${bandText(lower)},${bandText(upper)},${why}`;
    } catch (error) {
      refused(error, number);
      return `${time},${value},${nothing}`;
    }
  };
}

type Refused = (error: unknown, line: number) => void;

/** Exit code 1 when a line could not be read; every line is answered all the same. */
export async function runDetect(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const values = readSettings(settingsOf.detect, args, environment);
  let bad = 0;
  const refused: Refused = (error, line) => {
    if (!(error instanceof FieldError)) throw error;
    bad++;
    console.error(text('detect.line', { line, field: error.field, given: error.given }));
  };
  await answerLines(process.stdin, process.stdout, seriesAnswer(values.explain, refused));
  if (bad === 0) return 0;
  console.error(text('detect.refused', { lines: bad }));
  return 1;
}

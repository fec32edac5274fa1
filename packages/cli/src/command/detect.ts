import { hostAnswer, seriesAnswer, type Refused } from '../detect/answers.ts';
import { FieldError } from '../detect/row.ts';
import { answerLines } from '../lines.ts';
import { readSettings, settingsOf } from '../settings.ts';
import { text } from '../text.ts';

/** Exit code 1 when a line could not be read; every line is answered all the same. */
export async function runDetect(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const { explain, multivariate } = readSettings(settingsOf.detect, args, environment);
  let bad = 0;
  const refused: Refused = (error, line) => {
    if (!(error instanceof FieldError)) throw error;
    bad++;
    console.error(text('detect.line', { line, field: error.field, given: error.given }));
  };
  const answer = multivariate ? hostAnswer(explain, refused) : seriesAnswer(explain, refused);
  await answerLines(process.stdin, process.stdout, answer);
  if (bad === 0) return 0;
  console.error(text('detect.refused', { lines: bad }));
  return 1;
}

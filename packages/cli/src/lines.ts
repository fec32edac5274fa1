/** Lines in, lines out: what a filter in a pipe does. */
import type { Readable, Writable } from 'node:stream';

/**
 * Calls `answer` for each line of `input` (1-based number, without its line end) and writes what it returns as one
 * line, or as nothing when that is undefined. Answers leave with the chunk that brought their lines, so that a live source is answered at once; a slow
 * reader slows the reading. Ends quietly when the reader goes away (`… | head`).
 */
export async function answerLines(
  input: Readable,
  output: Writable,
  answer: (line: string, number: number) => string | undefined,
): Promise<void> {
  let gone = false;
  const leave = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    gone = true;
    input.destroy();
  };
  output.on('error', leave);
  let rest = '';
  let number = 0;
  try {
    input.setEncoding('utf8');
    for await (const chunk of input as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      let text = '';
      for (const line of lines) text += ended(answer(withoutReturn(line), ++number));
      if (text !== '' && !output.write(text)) await writableAgain(output);
    }
    if (rest !== '' && !gone) output.write(ended(answer(withoutReturn(rest), ++number)));
  } catch (error) {
    // Reading was ended because nobody reads the answers.
    if (!gone) throw error;
  } finally {
    output.off('error', leave);
  }
}

function writableAgain(output: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      output.off('drain', done);
      output.off('close', done);
      resolve();
    };
    output.on('drain', done);
    output.on('close', done);
  });
}

function ended(answer: string | undefined): string {
  return answer === undefined ? '' : `${answer}\n`;
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

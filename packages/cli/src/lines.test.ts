import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { answerLines } from './lines.ts';

async function answered(chunks: readonly string[]): Promise<string> {
  const input = new PassThrough();
  const output = new PassThrough();
  const done = answerLines(input, output, (line, number) => `${number}:${line}`);
  for (const chunk of chunks) input.write(chunk);
  input.end();
  await done;
  output.end();
  let text = '';
  for await (const chunk of output) text += String(chunk);
  return text;
}

test.each([
  [['a\nb\n'], '1:a\n2:b\n'],
  [['a\nb'], '1:a\n2:b\n'],
  [['a', 'a\n', 'b\r\nc'], '1:aa\n2:b\n3:c\n'],
  [['\n\n'], '1:\n2:\n'],
  [[], ''],
])('%j', async (chunks, text) => {
  expect(await answered(chunks)).toBe(text);
});

test('a line is answered as soon as it is whole, before the input ends', async () => {
  const input = new PassThrough();
  const output = new PassThrough();
  const done = answerLines(input, output, (line) => `<${line}>`);
  input.write('first\nsec');
  while (output.readableLength === 0) await turn();
  expect(String(output.read())).toBe('<first>\n');
  input.end('ond');
  await done;
  expect(String(output.read())).toBe('<second>\n');
});

test('a slow reader slows the reading, and nothing is lost', async () => {
  const input = new PassThrough({ highWaterMark: 1024 });
  const output = new PassThrough({ highWaterMark: 1024 });
  let asked = 0;
  const done = answerLines(input, output, (line) => {
    asked++;
    return line;
  });
  const line = 'x'.repeat(99);
  void (async () => {
    for (let count = 0; count < 1000; count++)
      if (!input.write(`${line}\n`)) await new Promise((resolve) => input.once('drain', resolve));
    input.end();
  })();
  for (let turns = 0; turns < 50; turns++) await turn();
  expect(asked).toBeLessThan(100);
  let length = 0;
  output.on('data', (chunk: Buffer) => (length += chunk.length));
  await done;
  await turn();
  expect(asked).toBe(1000);
  expect(length).toBe(100_000);
});

test('ends quietly when the reader goes away', async () => {
  const input = new PassThrough();
  const output = new PassThrough();
  const done = answerLines(input, output, (line) => line);
  input.write('a\n');
  await turn();
  output.destroy(Object.assign(new Error('closed'), { code: 'EPIPE' }));
  await expect(done).resolves.toBeUndefined();
});

/** The thread that computes queries, one after the other; it asks for samples as it needs them. */
import { parentPort } from 'node:worker_threads';
import { answerInstant, answerRange } from './answer.ts';
import { answerCounts, answerLabels, answerSeries, answerValues } from './catalogue-answer.ts';
import { parsePromql } from './parse.ts';
import { pretty } from './print.ts';
import { PromqlError } from './promql-error.ts';
import type { FromThread, Question, StoreAnswer, StoreQuestion, ToThread } from './questions.ts';
import { treeOf } from './tree.ts';
import { SeriesSource, type SeriesAsker } from './series-source.ts';

const port = parentPort;
if (!port) throw new Error('runs as a worker thread only');

interface Waiting {
  readonly resolve: (answer: StoreAnswer) => void;
  readonly reject: (error: PromqlError) => void;
}

const waiting = new Map<number, Waiting>();
let lastId = 0;

function send(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer);
}

function ask<T extends StoreAnswer>(question: StoreQuestion): Promise<T> {
  const id = ++lastId;
  send({ id, ask: question });
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve: resolve as (answer: StoreAnswer) => void, reject });
  });
}

const asker: SeriesAsker = {
  hosts: () => ask({ ask: 'hosts' }),
  list: (hostIds, metrics) => ask({ ask: 'list', hostIds, metrics }),
  select: (series, fromMs, toMs, stepMs) => ask({ ask: 'select', series, fromMs, toMs, stepMs }),
};

function answerTo(
  question: Question,
  source: SeriesSource,
  maxPoints: number,
  warnings: string[],
): Promise<string | Uint8Array<ArrayBuffer>> {
  switch (question.kind) {
    case 'instant':
      return answerInstant(source, question, maxPoints, warnings);
    case 'range':
      return answerRange(source, question, maxPoints, warnings);
    case 'series':
      return answerSeries(source, question, warnings);
    case 'labels':
      return answerLabels(source, question, warnings);
    case 'values':
      return answerValues(source, question, warnings);
    case 'counts':
      return answerCounts(source, question.limit);
    case 'format':
      return Promise.resolve(JSON.stringify(pretty(parsePromql(question.text))));
    default:
      return Promise.resolve(JSON.stringify(treeOf(parsePromql(question.text))));
  }
}

async function run({
  question,
  nowMs,
  maxPoints,
}: Extract<ToThread, { question: Question }>): Promise<void> {
  try {
    const warnings: string[] = [];
    const source = new SeriesSource(asker, () => nowMs);
    const made = await answerTo(question, source, maxPoints, warnings);
    const data = typeof made === 'string' ? new TextEncoder().encode(made) : made;
    warnings.push(...source.warnings);
    send({ data, warnings }, [data.buffer]);
  } catch (error) {
    const known = error instanceof PromqlError;
    const message = error instanceof Error ? error.message : String(error);
    send({ error: { type: known ? error.type : 'internal', message } });
  }
}

port.on('message', (message: ToThread) => {
  if ('question' in message) {
    void run(message);
    return;
  }
  const found = waiting.get(message.id);
  waiting.delete(message.id);
  if ('answer' in message) found?.resolve(message.answer);
  else found?.reject(new PromqlError(message.error.type, message.error.message));
});

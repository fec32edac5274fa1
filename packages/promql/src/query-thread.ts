/** The thread that computes queries, one after the other; it asks for samples as it needs them. */
import { parentPort } from 'node:worker_threads';
import { answerInstant, answerRange } from './answer.ts';
import { answerLabels, answerSeries, answerValues } from './catalogue-answer.ts';
import { PromqlError } from './promql-error.ts';
import type { FromThread, Question, StoreAnswer, StoreQuestion, ToThread } from './questions.ts';
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
  select: (series, fromMs, toMs) => ask({ ask: 'select', series, fromMs, toMs }),
};

function answerTo(question: Question, source: SeriesSource, maxPoints: number): Promise<string> {
  switch (question.kind) {
    case 'instant':
      return answerInstant(source, question, maxPoints);
    case 'range':
      return answerRange(source, question, maxPoints);
    case 'series':
      return answerSeries(source, question);
    case 'labels':
      return answerLabels(source, question);
    default:
      return answerValues(source, question);
  }
}

async function run({
  question,
  nowMs,
  maxPoints,
}: Extract<ToThread, { question: Question }>): Promise<void> {
  try {
    const source = new SeriesSource(asker, () => nowMs);
    const text = await answerTo(question, source, maxPoints);
    const data = new TextEncoder().encode(text);
    send({ data, warnings: [...source.warnings] }, [data.buffer]);
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

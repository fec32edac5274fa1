import type { Outcome } from '../dispatch/retry.ts';
import { OutgoingError, type OutgoingAnswer, type OutgoingRequest, type Send } from './outgoing.ts';

/** Of an answer that is shown and logged. */
const SHOWN = 300;

/** Text of the far side, on one line and short; it is text from outside. */
export function shown(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}

/** `Retry-After` in ms: seconds or an HTTP date. */
export function retryAfterMs(header: unknown, nowMs: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

/** Answers for which the same request may work later. */
const again = new Set([408, 425, 429]);

export function outcomeOf(answer: OutgoingAnswer, nowMs: number): Outcome {
  const { status, body } = answer;
  const said = shown(`${status} ${body}`);
  if (status >= 200 && status < 300) return { kind: 'delivered', answer: said };
  const waitMs = retryAfterMs(answer.headers['retry-after'], nowMs);
  return {
    kind: 'failed',
    answer: status >= 300 && status < 400 ? `${status}: redirects are not followed` : said,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    ...(status < 500 && !again.has(status) ? { permanent: true } : {}),
  };
}

const settled: ReadonlySet<string> = new Set(['bad-address', 'forbidden-address', 'too-large']);

/** Sends one request; every failure becomes an outcome. */
export async function attempt(
  send: Send,
  request: OutgoingRequest,
  nowMs: number,
): Promise<{ readonly outcome: Outcome; readonly answer: OutgoingAnswer | undefined }> {
  try {
    const answer = await send(request);
    return { outcome: outcomeOf(answer, nowMs), answer };
  } catch (error) {
    if (!(error instanceof OutgoingError)) throw error;
    const permanent = settled.has(error.code);
    return {
      outcome: {
        kind: 'failed',
        answer: shown(error.message),
        ...(permanent ? { permanent } : {}),
      },
      answer: undefined,
    };
  }
}

/** A field of a JSON answer, when it is there and is text, a number, true or false. */
export function fieldOf(body: string, path: readonly string[]): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  for (const name of path)
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined;
  const isPlain = ['string', 'number', 'boolean'].includes(typeof value);
  return isPlain ? String(value) : undefined;
}

export const json = { 'content-type': 'application/json; charset=utf-8' } as const;

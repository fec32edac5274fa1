/** How routes of Prometheus's API ask the engine. */
import * as v from 'valibot';
import { PromqlFailure, type PromqlQuestion, subjectKey } from '../../ports/index.ts';
import type { ApiContext } from '../context.ts';
import { messageOf } from '../promql-parameters.ts';
import type { Call } from '../route.ts';

const PREFIX = Buffer.from('{"status":"success","data":');

function success(data: Uint8Array, warnings: readonly string[]): Buffer {
  const rest = warnings.length > 0 ? `,"warnings":${JSON.stringify(warnings)}}` : '}';
  return Buffer.concat([PREFIX, data, Buffer.from(rest)]);
}

function invalid(issue: v.BaseIssue<unknown>): PromqlFailure {
  const parameter = (v.getDotPath(issue) ?? 'query').split('.')[0] ?? '';
  return new PromqlFailure('bad_data', `invalid parameter "${parameter}": ${messageOf(issue)}`);
}

export const common: {
  readonly tag: 'prometheus';
  readonly action: 'history:read';
  readonly invalid: (issue: v.BaseIssue<unknown>) => PromqlFailure;
} = { tag: 'prometheus', action: 'history:read', invalid };
/** Each question may also come as a form, which has no bound on its length as an address has. */
export const ways = [
  { method: 'GET', suffix: '' },
  { method: 'POST', suffix: 'ByForm', form: true },
] as const;

export interface Asking extends Pick<
  Call<unknown, unknown, unknown>,
  'request' | 'reply' | 'subject'
> {
  readonly timeoutMs?: number | undefined;
}

export async function ask(
  context: ApiContext,
  question: PromqlQuestion,
  { request, reply, subject, timeoutMs }: Asking,
): Promise<Buffer> {
  const gone = new AbortController();
  const closed = (): void => {
    if (!reply.raw.writableEnded) gone.abort();
  };
  request.raw.socket.once('close', closed);
  let warnings: readonly string[] = [];
  try {
    const data = await context.promql.ask(question, {
      signal: gone.signal,
      timeoutMs,
      subject: subjectKey(subject),
      onWarnings: (found) => (warnings = found),
    });
    return success(data, warnings);
  } catch (error) {
    throw error instanceof PromqlFailure && error.type === 'bad_data' && 'text' in question
      ? new PromqlFailure('bad_data', `invalid parameter "query": ${error.message}`)
      : error;
  } finally {
    request.raw.socket.off('close', closed);
  }
}

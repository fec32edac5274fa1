import { type ErrorBody, errorBodySchema } from '@openmanager/protocol';
import * as v from 'valibot';

/** REST wraps it, the upgrade of a WebSocket is refused with it bare. */
const answerSchema = v.union([v.object({ error: errorBodySchema }), errorBodySchema]);

/** The error in a parsed answer of the hub, or undefined when something else answered. */
export function readErrorBody(answer: unknown): ErrorBody | undefined {
  const parsed = v.safeParse(answerSchema, answer);
  if (!parsed.success) return undefined;
  return 'error' in parsed.output ? parsed.output.error : parsed.output;
}

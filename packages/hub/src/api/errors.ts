import { PROBLEM_JSON, problemOf, ProtocolError, type ErrorCode } from '@openmanager/protocol';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** What Fastify and its plugins throw, in the words of our registry. */
const byFastifyCode: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'message-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'malformed-message',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-message',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-message',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed-message',
  FST_ERR_BAD_URL: 'invalid-input',
};

/** Any error as the one to tell; undefined for one that is a defect of ours. */
function protocolErrorOf(error: unknown): ProtocolError | undefined {
  if (error instanceof ProtocolError) return error;
  if (!(error instanceof Error)) return undefined;
  const code =
    'code' in error && typeof error.code === 'string' ? byFastifyCode[error.code] : undefined;
  if (code !== undefined) return new ProtocolError(code, error.message);
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status === 429) return new ProtocolError('too-many-requests');
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new ProtocolError('malformed-message', error.message);
  return undefined;
}

export function sendProblem(
  reply: FastifyReply,
  error: ProtocolError,
  requestId?: string,
): FastifyReply {
  const problem = problemOf(error, requestId);
  return reply.code(problem.status).type(`${PROBLEM_JSON}; charset=utf-8`).send(problem);
}

/** Every error is answered as an RFC 9457 problem. `known` tells errors of other parts. */
export function answerErrors(
  app: FastifyInstance,
  known: (error: unknown) => ProtocolError | undefined,
): void {
  app.setErrorHandler((error, request, reply) => {
    const expected = known(error) ?? protocolErrorOf(error);
    if (!expected) request.log.error({ err: error }, 'request failed');
    // Why the store fails is told once, when it begins to; not with each request of a page.
    else if (expected.code === 'store-unavailable')
      request.log.info({ reason: String(error) }, 'the store refused a request');
    if (expected) return sendProblem(reply, expected);
    const failure = `Something went wrong on the hub (request ${request.id}).`;
    return sendProblem(reply, new ProtocolError('internal', failure), request.id);
  });
}

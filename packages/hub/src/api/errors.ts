import { errors, ProtocolError, type ErrorCode } from '@openmanager/protocol';
import type { FastifyInstance } from 'fastify';

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

/** Every error is answered as {error: {code, message, action, field?}}. `known` tells errors of other parts. */
export function answerErrors(
  app: FastifyInstance,
  known: (error: unknown) => ProtocolError | undefined,
): void {
  app.setErrorHandler((error, request, reply) => {
    const expected = known(error) ?? protocolErrorOf(error);
    if (!expected || expected.code === 'store-unavailable')
      request.log.error({ err: error }, 'request failed');
    const told =
      expected ??
      new ProtocolError('internal', `Something went wrong on the hub (request ${request.id}).`);
    return reply.code(errors[told.code].http).send({ error: told.toBody() });
  });
}

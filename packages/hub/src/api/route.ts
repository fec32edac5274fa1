import { errors, ProtocolError } from '@openmanager/protocol';
import { toJsonSchema } from '@valibot/to-json-schema';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify';
import * as v from 'valibot';
import { SESSION_COOKIE, type Action, type Subject } from '../ports/index.ts';
import type { ApiContext } from './context.ts';
import { errorAnswer, type Answers } from './schemas.ts';

type Parser<T> = v.GenericSchema<unknown, T>;

/** What a route's handler is given: everything is parsed, the subject is authorised. */
export interface Call<B, Q, P> {
  readonly subject: Subject;
  readonly body: B;
  readonly query: Q;
  readonly params: P;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface RouteSpec<B, Q, P, A> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly summary: string;
  readonly tag: string;
  /** What the subject must be allowed to do; `open` routes carry their own credentials or need none. */
  readonly action: Action | 'open';
  readonly body?: Parser<B>;
  readonly query?: Parser<Q>;
  readonly params?: Parser<P>;
  /** Body of the answer; without it the answer is 204. */
  readonly answer?: Answers<A>;
  /** Content type of an answer that is not JSON. */
  readonly text?: string;
  readonly status?: 200 | 201;
  /** Requests per minute and address. */
  readonly perMinute?: number;
  /** Largest body where the common bound is too small, bytes. */
  readonly bodyBytes?: number;
  /** Bytes are the answer as JSON in UTF-8, made elsewhere. */
  handle(call: Call<B, Q, P>): A | Uint8Array | Promise<A | Uint8Array>;
}

/** Answers from which on their memory is not left to the collector. */
const LARGE_BYTES = 65_536;

const ERROR_STATUSES = [...new Set(Object.values(errors).map((entry) => entry.http))];

/** Defines a route once: for the server, for the parser of its input, and for the OpenAPI document. */
export function defineRoute<A, B = undefined, Q = undefined, P = undefined>(
  app: FastifyInstance,
  context: ApiContext,
  spec: RouteSpec<B, Q, P, A>,
): void {
  const config: RouteShorthandOptions = {
    schema: documentOf(spec),
    ...(spec.bodyBytes === undefined ? {} : { bodyLimit: spec.bodyBytes }),
    ...(spec.perMinute === undefined
      ? {}
      : { config: { rateLimit: { max: spec.perMinute, timeWindow: 60_000 } } }),
  };
  app.route({
    method: spec.method,
    url: spec.url,
    ...config,
    handler: async (request, reply) => {
      const subject =
        spec.action === 'open'
          ? ({ kind: 'anonymous' } as const)
          : await authenticate(context, request);
      const params = parse(spec.params, request.params);
      if (spec.action !== 'open') context.authorize(subject, spec.action, objectOf(params));
      const answer = await spec.handle({
        subject,
        params,
        query: parse(spec.query, request.query),
        body: parse(spec.body, request.body),
        request,
        reply,
      });
      if (spec.text !== undefined) {
        if (!reply.hasHeader('content-type')) reply.type(spec.text);
        return reply.send(answer);
      }
      if (spec.answer === undefined) return reply.code(204).send();
      if (answer instanceof Uint8Array) {
        reply.type('application/json; charset=utf-8');
        freeWhenSent(reply, answer);
      }
      return reply.code(spec.status ?? 200).send(answer);
    },
  });
}

/**
 * Large answers that wait for the collector make it run over the whole heap, which holds up everything else: their
 * memory is given back as soon as it is with the system.
 */
function freeWhenSent(reply: FastifyReply, { buffer, byteLength }: Uint8Array): void {
  // One of its own: small ones share theirs.
  if (!(buffer instanceof ArrayBuffer) || byteLength < LARGE_BYTES) return;
  if (buffer.byteLength === byteLength) reply.raw.once('finish', () => void buffer.transfer(0));
}

/** Who sent the request. Throws for wrong credentials. */
export function authenticate(context: ApiContext, request: FastifyRequest): Promise<Subject> {
  const header = request.headers.authorization;
  const bearer = header === undefined ? undefined : tokenOf(header);
  if (header !== undefined && bearer === undefined) throw new ProtocolError('unauthenticated');
  return context.auth.authenticate({ bearer, cookie: request.cookies[SESSION_COOKIE] });
}

/** `Bearer <token>`, or the token as the password of `Basic`: some programs know only addresses with a password. */
function tokenOf(header: string): string | undefined {
  const bearer = /^Bearer (\S{1,255})$/i.exec(header)?.[1];
  if (bearer !== undefined) return bearer;
  const basic = /^Basic ([A-Za-z0-9+/=]{1,700})$/i.exec(header)?.[1];
  if (basic === undefined) return undefined;
  return /^[^:]*:(\S{1,255})$/.exec(Buffer.from(basic, 'base64').toString())?.[1];
}

function objectOf(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null) return undefined;
  const [first] = Object.values(params);
  return typeof first === 'string' ? first : undefined;
}

/** Parses input; the first thing wrong with it is an `invalid-input` that names the field. */
function parse<T>(schema: Parser<T> | undefined, input: unknown): T {
  if (!schema) return undefined as T;
  const result = v.safeParse(schema, input ?? {});
  if (result.success) return result.output;
  const issue = result.issues[0];
  const field = v.getDotPath(issue) ?? undefined;
  throw new ProtocolError(
    'invalid-input',
    field === undefined ? issue.message : `${field}: ${issue.message}`,
    field,
  );
}

function documentOf<B, Q, P, A>(spec: RouteSpec<B, Q, P, A>): Record<string, unknown> {
  const ok = spec.status ?? 200;
  const answer = spec.answer
    ? { [ok]: { description: 'Done', ...json(spec.answer) } }
    : spec.text === undefined
      ? { 204: { description: 'Done', type: 'null' } }
      : { 200: { description: 'Done', content: { [spec.text]: { schema: { type: 'string' } } } } };
  const failures = ERROR_STATUSES.map((code) => [
    code,
    { description: 'Refused', ...json(errorAnswer) },
  ]);
  return {
    summary: spec.summary,
    tags: [spec.tag],
    ...(spec.action === 'open' || spec.action === 'health:read' ? { security: [] } : {}),
    ...(spec.body ? { body: json(spec.body) } : {}),
    ...(spec.query ? { querystring: json(spec.query) } : {}),
    ...(spec.params ? { params: json(spec.params) } : {}),
    response: { ...answer, ...Object.fromEntries(failures) },
  };
}

function json(schema: v.GenericSchema<unknown, unknown>): Record<string, unknown> {
  // Checks that JSON Schema cannot say are left out of the document; the parser makes them all the same.
  const { $schema: _, ...rest } = toJsonSchema(schema, { errorMode: 'ignore' });
  return rest;
}

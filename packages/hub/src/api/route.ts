import { MINUTE_MS } from '@openmanager/protocol/durations';
import { parseInput, ProtocolError, type ErrorCode } from '@openmanager/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import { SESSION_COOKIE, type Action, type ActionObject, type Subject } from '../ports/index.ts';
import type { ApiContext } from './context.ts';
import type { AnySchema } from './json-schema.ts';
import { objectOf } from './objects.ts';
import { isOwn } from './origins.ts';
import type { Parser } from './query.ts';
import { SubjectRate } from './subject-rate.ts';
import type { Tag } from './tags.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of routes that `Routes.define` made; the others are not in the document. */
    readonly operationId?: string;
  }
}

/** What a route's handler is given: everything is parsed, the subject is authorised. */
export interface Call<B, Q, P> {
  readonly subject: Subject;
  readonly body: B;
  readonly query: Q;
  readonly params: P;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface RouteSpec<A, B, Q, P> {
  /** Name of the operation in the document and in clients made from it. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly summary: string;
  readonly tag: Tag;
  /** What the subject must be allowed to do; `open` routes carry their own credentials or need none. */
  readonly action: Action | 'open';
  readonly body?: Parser<B>;
  readonly query?: Parser<Q>;
  readonly params?: Parser<P>;
  /** The parameters of `query` come as a form too, and those before the ones of the address. */
  readonly form?: true;
  /** Content types of a body that the handler reads from the request as it comes. */
  readonly upload?: readonly string[];
  /** Body of the answer; without it the answer is 204. */
  readonly answer?: Parser<A>;
  /** Content types of an answer that is not JSON, the usual one first. */
  readonly files?: readonly [string, ...string[]];
  readonly status?: 200 | 201;
  /** Another status that the handler may set for the same answer. */
  readonly otherStatus?: 503;
  /** What may go wrong beside what follows from the rest. */
  readonly errors?: readonly ErrorCode[];
  /** Requests per minute: of one subject, and of one address where the route is open. */
  readonly perMinute?: number;
  /** Largest body where the common bound is too small, bytes. */
  readonly bodyBytes?: number;
  readonly examples?: { readonly body?: B; readonly answer?: A };
  /** What the route acts on, where its path does not say it. */
  readonly object?: (query: Q, context: ApiContext) => ActionObject | undefined;
  /** Makes the error to throw for input that is wrong, where it is not `invalid-input`. */
  readonly invalid?: (issue: v.BaseIssue<unknown>) => Error;
  /** Bytes are the answer as JSON in UTF-8, made elsewhere. */
  handle(call: Call<B, Q, P>): A | Uint8Array | Promise<A | Uint8Array>;
}

/** A route as the document describes it. */
export interface Operation extends Omit<
  RouteSpec<unknown, unknown, unknown, unknown>,
  'handle' | 'invalid' | 'object' | 'body' | 'query' | 'params' | 'answer'
> {
  /** From the root of the server, parameters as `:name`. */
  readonly path: string;
  readonly body?: AnySchema;
  readonly query?: AnySchema;
  readonly params?: AnySchema;
  readonly answer?: AnySchema;
}

/** Answers from which on their memory is not left to the collector. */
const LARGE_BYTES = 65_536;

/** Defines each route once: for the server, for the parser of its input, and for the OpenAPI document. */
export class Routes {
  readonly context: ApiContext;
  readonly #app: FastifyInstance;
  readonly #operations: Operation[];
  readonly #rates: SubjectRate;

  constructor(
    app: FastifyInstance,
    context: ApiContext,
    operations: Operation[],
    rates: SubjectRate = new SubjectRate(),
  ) {
    this.context = context;
    this.#app = app;
    this.#operations = operations;
    this.#rates = rates;
  }

  /** Routes with parsers of content and an error handler of their own. */
  async scope(define: (scope: FastifyInstance, routes: Routes) => void): Promise<void> {
    await this.#app.register(async (scope) =>
      define(scope, new Routes(scope, this.context, this.#operations, this.#rates)),
    );
  }

  define<A = void, B = undefined, Q = undefined, P = undefined>(spec: RouteSpec<A, B, Q, P>): void {
    const { context } = this;
    const rates = this.#rates;
    const isOptional = spec.body?.type === 'optional';
    this.#operations.push({ ...spec, path: `${this.#app.prefix}${spec.url}` });
    this.#app.route({
      method: spec.method,
      url: spec.url,
      ...(spec.bodyBytes === undefined ? {} : { bodyLimit: spec.bodyBytes }),
      config: {
        operationId: spec.id,
        ...(spec.perMinute === undefined || spec.action !== 'open'
          ? {}
          : { rateLimit: { max: spec.perMinute, timeWindow: MINUTE_MS } }),
      },
      handler: async (request, reply) => {
        const subject =
          spec.action === 'open'
            ? ({ kind: 'anonymous' } as const)
            : await authenticate(context, request);
        context.connections.known(request.raw.socket, subject);
        const params = parse(spec, spec.params, request.params);
        const given =
          spec.form === true
            ? { ...(request.query as object), ...(request.body as object | undefined) }
            : request.query;
        if (spec.action !== 'open')
          context.authorize(subject, spec.action, actedOn(spec, params, given, context));
        if (spec.perMinute !== undefined && spec.action !== 'open')
          rates.count(spec.id, subject, spec.perMinute, Date.now());
        const answer = await spec.handle({
          subject,
          params,
          query: parse(spec, spec.query, given),
          // So that what is missing is named, field by field.
          body: parse(spec, spec.body, request.body ?? (isOptional ? undefined : {})),
          request,
          reply,
        });
        if (spec.files !== undefined) {
          if (!reply.hasHeader('content-type')) reply.type(spec.files[0]);
          return reply.send(answer);
        }
        if (spec.answer === undefined) return reply.code(204).send();
        if (answer instanceof Uint8Array) {
          reply.type('application/json; charset=utf-8');
          freeWhenSent(reply, answer);
        }
        return reply.code(spec.status ?? reply.statusCode).send(answer);
      },
    });
  }
}

/** Refuses routes that were made beside `Routes`: they would have no action and not be in the document. */
export function refuseOtherRoutes(app: FastifyInstance): void {
  app.addHook('onRoute', ({ url, method, config, schema }) => {
    const isHidden = schema !== undefined && 'hide' in schema && schema.hide === true;
    if (config?.operationId === undefined && !isHidden)
      throw new Error(`${String(method)} ${url} was not defined by Routes.define`);
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
  // Cookies are the dashboard's own: pages of other origins bring tokens, also those the hub was started with.
  const { origin } = request.headers;
  const isForeign = origin !== undefined && context.allowOrigins.includes(origin);
  const cookie =
    isForeign && !isOwn(origin, request.headers.host) ? undefined : request.cookies[SESSION_COOKIE];
  return context.auth.authenticate({ bearer, cookie });
}

/** `Bearer <token>`, or the token as the password of `Basic`: some programs know only addresses with a password. */
function tokenOf(header: string): string | undefined {
  const bearer = /^Bearer (\S{1,255})$/i.exec(header)?.[1];
  if (bearer !== undefined) return bearer;
  const basic = /^Basic ([A-Za-z0-9+/=]{1,700})$/i.exec(header)?.[1];
  if (basic === undefined) return undefined;
  return /^[^:]*:(\S{1,255})$/.exec(Buffer.from(basic, 'base64').toString())?.[1];
}

/** Who may not ask is told so, whatever the query: one that is wrong is about all there is. */
function actedOn<Q>(
  { object, query }: Pick<RouteSpec<unknown, unknown, Q, unknown>, 'object' | 'query'>,
  params: unknown,
  given: unknown,
  context: ApiContext,
): ActionObject | undefined {
  if (!object || !query) return objectOf(params, context);
  const parsed = v.safeParse(query, given);
  return parsed.success ? object(parsed.output, context) : undefined;
}

function parse<T>(
  { invalid }: Pick<RouteSpec<unknown, unknown, unknown, unknown>, 'invalid'>,
  schema: Parser<T> | undefined,
  input: unknown,
): T {
  if (!schema) return undefined as T;
  if (!invalid) return parseInput(schema, input);
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  throw invalid(result.issues[0]);
}

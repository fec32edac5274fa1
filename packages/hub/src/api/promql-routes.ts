/**
 * Prometheus's HTTP API on the hub's history (https://prometheus.io/docs/prometheus/latest/querying/api/), for
 * Grafana, promtool and whatever else speaks it: its parameters, its answers, its errors.
 */
import { errors, ProtocolError } from '@openmanager/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import { PromqlFailure, type PromqlFailureType, type PromqlQuestion } from '../ports/index.ts';
import type { ApiContext } from './context.ts';
import {
  catalogueParameters,
  instantParameters,
  messageOf,
  metadataParameters,
  rangeParameters,
} from './promql-parameters.ts';
import { defineRoute } from './route.ts';

const STATUS: Readonly<Record<PromqlFailureType, number>> = {
  bad_data: 400,
  execution: 422,
  canceled: 503,
  timeout: 503,
  unavailable: 503,
  internal: 500,
};

const PREFIX = Buffer.from('{"status":"success","data":');
const SUFFIX = Buffer.from('}');
const JSON_TYPE = 'application/json; charset=utf-8';

function success(data: Uint8Array | string): Buffer {
  return Buffer.concat([PREFIX, typeof data === 'string' ? Buffer.from(data) : data, SUFFIX]);
}

export async function promqlRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  // A scope of its own: here errors and forms are as Prometheus has them.
  await app.register(async (scope) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, formOf(String(body))),
    );
    answerPrometheusErrors(scope, context);
    routes(scope, context);
  });
}

/** Repeated parameters become lists. */
function formOf(body: string): Record<string, string | string[]> {
  const form = new URLSearchParams(body);
  return Object.fromEntries(
    [...new Set(form.keys())].map((name) => {
      const values = form.getAll(name);
      return [name, values.length === 1 ? (values[0] as string) : values];
    }),
  );
}

function answerPrometheusErrors(scope: FastifyInstance, context: ApiContext): void {
  scope.setErrorHandler((error, request, reply) => {
    const known = context.knownError(error) ?? error;
    if (known instanceof PromqlFailure) {
      if (known.type === 'internal') request.log.error({ err: error }, 'query failed');
      return fail(reply, STATUS[known.type], known.type, known.message);
    }
    if (known instanceof ProtocolError) {
      const { http, action } = errors[known.code];
      const type = http >= 500 ? 'unavailable' : http === 400 ? 'bad_data' : known.code;
      return fail(reply, http, type, `${known.message} ${action}`);
    }
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
    if (status < 500) return fail(reply, status, 'bad_data', (error as Error).message);
    request.log.error({ err: error }, 'request failed');
    return fail(reply, 500, 'internal', `Something went wrong on the hub (request ${request.id}).`);
  });
}

function fail(reply: FastifyReply, status: number, errorType: string, error: string): FastifyReply {
  return reply.code(status).type(JSON_TYPE).send({ status: 'error', errorType, error });
}

/** Parameters of a form come before those of the address. */
function parametersOf<T>(schema: v.GenericSchema<unknown, T>, request: FastifyRequest): T {
  const given = { ...(request.query as object), ...(request.body as object | undefined) };
  const result = v.safeParse(schema, given);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const field = v.getDotPath(issue) ?? 'query';
  throw new PromqlFailure(
    'bad_data',
    `invalid parameter "${field.split('.')[0]}": ${messageOf(issue)}`,
  );
}

function routes(app: FastifyInstance, context: ApiContext): void {
  const ask = async (
    request: FastifyRequest,
    reply: FastifyReply,
    question: PromqlQuestion,
    timeoutMs?: number,
  ): Promise<Buffer> => {
    const gone = new AbortController();
    const closed = (): void => {
      if (!reply.raw.writableEnded) gone.abort();
    };
    request.raw.socket.once('close', closed);
    try {
      return success(await context.promql.ask(question, { signal: gone.signal, timeoutMs }));
    } catch (error) {
      throw error instanceof PromqlFailure && error.type === 'bad_data' && 'text' in question
        ? new PromqlFailure('bad_data', `invalid parameter "query": ${error.message}`)
        : error;
    } finally {
      request.raw.socket.off('close', closed);
    }
  };

  const define = (
    methods: readonly ('GET' | 'POST')[],
    url: string,
    summary: string,
    handle: (request: FastifyRequest, reply: FastifyReply) => Promise<Buffer> | Buffer,
  ): void => {
    for (const method of methods)
      defineRoute<Buffer>(app, context, {
        method,
        url,
        summary,
        tag: 'prometheus',
        action: 'history:read',
        text: JSON_TYPE,
        handle: ({ request, reply }) => handle(request, reply),
      });
  };
  const both = ['GET', 'POST'] as const;

  define(both, '/query', 'PromQL at one time: query, time, timeout', (request, reply) => {
    const { query, time, timeout } = parametersOf(instantParameters, request);
    const timeMs = time ?? Date.now();
    return ask(request, reply, { kind: 'instant', text: query, timeMs }, timeout);
  });

  define(
    both,
    '/query_range',
    'PromQL over a span: query, start, end, step, timeout',
    (request, reply) => {
      const { query, start, end, step, timeout } = parametersOf(rangeParameters, request);
      const question = {
        kind: 'range',
        text: query,
        startMs: start,
        endMs: end,
        stepMs: step,
      } as const;
      return ask(request, reply, question, timeout);
    },
  );

  define(both, '/series', 'Series that fit match[]', (request, reply) => {
    const { 'match[]': selectors, limit } = parametersOf(catalogueParameters, request);
    if (selectors.length === 0)
      throw new PromqlFailure('bad_data', 'no match[] parameter provided');
    return ask(request, reply, { kind: 'series', selectors, limit });
  });

  define(both, '/labels', 'Names of labels', (request, reply) => {
    const { 'match[]': selectors, limit } = parametersOf(catalogueParameters, request);
    return ask(request, reply, { kind: 'labels', selectors, limit });
  });

  define(['GET'], '/label/:name/values', 'Values of a label', (request, reply) => {
    const { name } = request.params as { readonly name: string };
    if (!/^[a-zA-Z_]\w*$/.test(name))
      throw new PromqlFailure('bad_data', `invalid label name: "${name}"`);
    const { 'match[]': selectors, limit } = parametersOf(catalogueParameters, request);
    return ask(request, reply, { kind: 'values', label: name, selectors, limit });
  });

  define(['GET'], '/metadata', 'Type, help and unit of metrics', (request) => {
    const { metric, limit } = parametersOf(metadataParameters, request);
    const all = [...context.promql.metadata()].filter(
      ([name]) => metric === undefined || name === metric,
    );
    const some = limit > 0 ? all.slice(0, limit) : all;
    return success(JSON.stringify(Object.fromEntries(some.map(([name, info]) => [name, [info]]))));
  });

  define(['GET'], '/status/buildinfo', 'What speaks here', () =>
    success(
      JSON.stringify({
        // Clients choose by it what they may ask; the subset is that of this version of Prometheus.
        version: '2.55.0',
        revision: context.version,
        branch: 'openmanager',
        buildUser: '',
        buildDate: '',
        goVersion: '',
      }),
    ),
  );
}

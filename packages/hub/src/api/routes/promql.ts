/**
 * Prometheus's HTTP API on the hub's history (https://prometheus.io/docs/prometheus/latest/querying/api/), for
 * Grafana, promtool and whatever else speaks it: its parameters, its answers, its errors.
 */
import { errors, ProtocolError } from '@openmanager/protocol';
import type { FastifyInstance, FastifyReply } from 'fastify';
import * as v from 'valibot';
import { PromqlFailure, type PromqlFailureType } from '../../ports/index.ts';
import type { ApiContext } from '../context.ts';
import * as examples from '../examples.ts';
import * as answers from '../promql-answers.ts';
import {
  type CatalogueParameters,
  catalogueParameters,
  instantParameters,
  metadataParameters,
  rangeParameters,
} from '../promql-parameters.ts';
import { name } from '../query.ts';
import { ask, type Asking, common, ways } from './promql-ask.ts';
import { serverRoutes } from './promql-server.ts';
import type { Routes } from '../route.ts';

const STATUS: Readonly<Record<PromqlFailureType, number>> = {
  bad_data: 400,
  execution: 422,
  canceled: 503,
  timeout: 503,
  unavailable: 503,
  internal: 500,
};

export async function promqlRoutes(routes: Routes): Promise<void> {
  // A scope of its own: here errors and forms are as Prometheus has them.
  await routes.scope((scope, inner) => {
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, formOf(String(body))),
    );
    answerPrometheusErrors(scope, inner.context);
    queries(inner);
    catalogue(inner);
    serverRoutes(inner);
  });
}

/** Repeated parameters become lists. */
function formOf(body: string): Record<string, string | string[]> {
  const form = new URLSearchParams(body);
  return Object.fromEntries(
    [...new Set(form.keys())].map((key) => {
      const values = form.getAll(key);
      return [key, values.length === 1 ? (values[0] as string) : values];
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
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send({ status: 'error', errorType, error });
}

function queries(routes: Routes): void {
  const { context } = routes;
  for (const { suffix, ...way } of ways) {
    routes.define({
      ...common,
      ...way,
      id: `promqlQuery${suffix}`,
      url: '/query',
      summary: 'PromQL at one time',
      query: instantParameters,
      answer: answers.querySchema,
      examples: { answer: examples.promqlVector },
      handle({ query, ...call }) {
        const { query: text, time, timeout, lookback_delta: lookbackMs, limit } = query;
        const timeMs = time ?? Date.now();
        const asking: Asking = { ...call, timeoutMs: timeout };
        return ask(context, { kind: 'instant', text, timeMs, lookbackMs, limit }, asking);
      },
    });

    routes.define({
      ...common,
      ...way,
      id: `promqlQueryRange${suffix}`,
      url: '/query_range',
      summary: 'PromQL over a span',
      query: rangeParameters,
      answer: answers.querySchema,
      examples: { answer: examples.promqlMatrix },
      handle({ query, ...call }) {
        const { query: text, start, end, step, timeout, lookback_delta: lookbackMs, limit } = query;
        const span = { startMs: start, endMs: end, stepMs: step };
        const asking: Asking = { ...call, timeoutMs: timeout };
        return ask(context, { kind: 'range', text, ...span, lookbackMs, limit }, asking);
      },
    });
  }
}

function boundsOf({ 'match[]': selectors, limit, start, end }: CatalogueParameters): {
  readonly selectors: readonly string[];
  readonly limit: number;
  readonly startMs: number | undefined;
  readonly endMs: number | undefined;
} {
  if (start !== undefined && end !== undefined && end < start)
    throw new PromqlFailure('bad_data', 'end timestamp must not be before start time');
  return { selectors, limit, startMs: start, endMs: end };
}

function catalogue(routes: Routes): void {
  const { context } = routes;
  for (const { suffix, ...way } of ways) {
    routes.define({
      ...common,
      ...way,
      id: `promqlSeries${suffix}`,
      url: '/series',
      summary: 'Series that fit match[]',
      query: catalogueParameters,
      answer: answers.seriesSchema,
      examples: { answer: examples.promqlSeries },
      handle({ query, ...call }) {
        if (query['match[]'].length === 0)
          throw new PromqlFailure('bad_data', 'no match[] parameter provided');
        return ask(context, { kind: 'series', ...boundsOf(query) }, call);
      },
    });

    routes.define({
      ...common,
      ...way,
      id: `promqlLabels${suffix}`,
      url: '/labels',
      summary: 'Names of labels',
      query: catalogueParameters,
      answer: answers.namesSchema,
      examples: { answer: { status: 'success', data: ['__name__', 'host', 'instance', 'job'] } },
      handle: ({ query, ...call }) => ask(context, { kind: 'labels', ...boundsOf(query) }, call),
    });
  }

  routes.define({
    ...common,
    id: 'promqlLabelValues',
    method: 'GET',
    url: '/label/:name/values',
    summary: 'Values of a label',
    params: v.object({ name: name('Name of a label', 'instance') }),
    query: catalogueParameters,
    answer: answers.namesSchema,
    examples: { answer: { status: 'success', data: ['db-1', 'web-1'] } },
    handle({ params, query, ...call }) {
      if (!/^[a-zA-Z_]\w*$/.test(params.name))
        throw new PromqlFailure('bad_data', `invalid label name: "${params.name}"`);
      return ask(context, { kind: 'values', label: params.name, ...boundsOf(query) }, call);
    },
  });

  routes.define({
    ...common,
    id: 'promqlMetadata',
    method: 'GET',
    url: '/metadata',
    summary: 'Type, help and unit of metrics',
    query: metadataParameters,
    answer: answers.metadataSchema,
    examples: { answer: examples.promqlMetadata },
    handle({ query: { metric, limit } }) {
      const all = [...context.promql.metadata()].filter(
        ([exposed]) => metric === undefined || exposed === metric,
      );
      const some = limit > 0 ? all.slice(0, limit) : all;
      const data = Object.fromEntries(some.map(([exposed, info]) => [exposed, [info]]));
      return { status: 'success', data } as const;
    },
  });
}
